'use strict';
// The queues of an emulated ECP endpoint, spoken by rhea: an AMQP 1.0 library that is not the gateway's.
//
// The first argument is JSON: {"user", "password"} or {}. Commands come by standard input, one JSON object a
// line; each is answered by {"done": its number}. Everything else on standard output is news, a line each:
// {"listening": port}, {"sent": message}, {"state": {"waiting", "underWay", "connected", "brought"}}.

const rhea = require('rhea');
const readline = require('readline');

const REPLY = 'ecp.endpoint.outbox.reply';
const EVENT = 'ecp.endpoint.send.event';
const INBOX = 'ecp.endpoint.inbox';
const OUTBOX = 'ecp.endpoint.outbox';
const CREDIT = 50;
const SMALL_FRAME = 1024; // so that a document comes in many of them

const options = JSON.parse(process.argv[2] || '{}');
const queues = new Map([REPLY, EVENT, INBOX].map((name) => [name, []]));
const links = new Map(); // of each queue the last link that takes from it
const underWay = new Map(); // delivery -> [queue, message]
const connections = new Set();
const faults = {};
let outbox; // the link that messages come by
let late = [];
let brought = 0; // deliveries of the inbox, repetitions included

const tell = (news) => process.stdout.write(`${JSON.stringify(news)}\n`);
const tellState = () =>
  tell({
    state: {
      waiting: queues.get(INBOX).length,
      underWay: [...underWay.values()].filter(([queue]) => queue === INBOX).length,
      connected: connections.size,
      brought,
    },
  });

function happens(fault) {
  if (!faults[fault]) return false;
  faults[fault] -= 1;
  return true;
}

function put(queue, message) {
  queues.get(queue).push(message);
  bring(queue);
}

function bring(queue) {
  const link = links.get(queue);
  const waiting = queues.get(queue);
  // What is sent takes its credit only when it is written.
  const unwritten = () => link.given - link.delivery_count;
  while (link && link.is_open() && waiting.length && link.credit > unwritten()) {
    const message = waiting.shift();
    link.given += 1;
    underWay.set(link.send(message), [queue, message]);
    brought += queue === INBOX;
  }
  tellState();
}

function giveBack(isMeant) {
  for (const [delivery, [queue, message]] of [...underWay].reverse()) {
    if (!isMeant(delivery)) continue;
    underWay.delete(delivery);
    message.delivery_count = (message.delivery_count || 0) + 1;
    message.first_acquirer = false;
    queues.get(queue).unshift(message);
  }
}

function forget(connection) {
  connections.delete(connection);
  for (const [name, link] of links) if (link.connection === connection) links.delete(name);
  giveBack((delivery) => delivery.link.connection === connection);
  tellState();
}

function replies(correlationId) {
  const messageID = rhea.generate_uuid();
  const refused = happens('refusing');
  const reports = [
    [
      REPLY,
      {
        correlation_id: correlationId,
        application_properties: refused ? { messageID, errorCode: 'E-17' } : { messageID },
      },
    ],
  ];
  for (const word of refused ? [] : ['DELIVERED', 'RECEIVED']) {
    reports.push([EVENT, { body: word, application_properties: { messageID } }]);
  }
  return faults.disordered ? reports.reverse() : reports;
}

function putAll(reports) {
  for (const [queue, message] of reports) {
    for (let times = faults.repeated ? 2 : 1; times; times -= 1) put(queue, { ...message });
  }
}

rhea.options.id = 'emulated-endpoint';
rhea.on('connection_open', ({ connection }) => {
  connections.add(connection);
  tellState();
});
rhea.on('connection_close', ({ connection }) => forget(connection));
rhea.on('disconnected', ({ connection }) => forget(connection));
rhea.on('protocol_error', () => {}); // a connection that was cut in the middle of a frame

rhea.on('sender_open', ({ sender }) => {
  const { address } = sender.source;
  if (!queues.has(address)) {
    sender.close({ condition: 'amqp:not-found', description: `no queue ${address}` });
    return;
  }
  sender.set_source({ address });
  sender.given = 0;
  links.set(address, sender);
});
// Later, because what is sent here would be written even before the answer to the attach.
rhea.on('sendable', ({ sender }) => setImmediate(() => bring(sender.source.address)));
rhea.on('accepted', ({ delivery }) => {
  underWay.delete(delivery);
  tellState();
});
rhea.on('released', ({ delivery }) => {
  giveBack((one) => one === delivery);
  bring(INBOX);
});

rhea.on('receiver_open', ({ receiver }) => {
  const { address } = receiver.target;
  if (address !== OUTBOX) {
    receiver.close({ condition: 'amqp:not-found', description: `no queue ${address}` });
    return;
  }
  receiver.set_target({ address });
  outbox = receiver;
  if (!faults.withholding) receiver.add_credit(CREDIT);
});
rhea.on('message', ({ message, delivery, receiver, connection }) => {
  if (happens('cutting')) {
    setImmediate(() => connection.abort_socket(connection.socket));
    return;
  }
  receiver.add_credit(1);
  const isData = message.body && message.body.typecode === 0x75;
  tell({
    sent: {
      address: receiver.target.address,
      body: (isData ? Buffer.concat([message.body.content].flat()) : Buffer.alloc(0)).toString('base64'),
      isData,
      properties: message.application_properties || {},
      correlationId: message.correlation_id,
      messageId: message.message_id,
      contentType: message.content_type,
      createdAt: message.creation_time && new Date(message.creation_time).toISOString(),
      durable: Boolean(message.durable),
    },
  });
  if (happens('rejecting')) {
    delivery.reject({ condition: 'amqp:not-allowed', description: 'not this one' });
  } else if (happens('releasing')) {
    delivery.release();
  } else if (happens('modifying')) {
    delivery.modified({ delivery_failed: true });
  } else {
    delivery.accept();
    if (happens('silent')) return;
    const reports = replies(message.correlation_id);
    if (happens('late')) late.push(...reports.splice(1));
    putAll(reports);
  }
});

const bodies = {
  data: (bytes) => rhea.message.data_section(bytes),
  sections: (bytes) =>
    rhea.message.data_sections([bytes.subarray(0, 7), Buffer.alloc(0), bytes.subarray(7, 600), bytes.subarray(600)]),
  text: (bytes) => bytes.toString(),
  number: () => 42,
  map: () => ({ no: 'document' }),
  list: () => ['no', 'document'],
  sequence: () => rhea.message.sequence_section(['no', 'document']),
  nothing: () => undefined,
};

const ids = {
  string: (text) => text,
  ulong: (text) => rhea.types.wrap_ulong(Number(text)),
  uuid: (text) => rhea.types.wrap_uuid(rhea.string_to_uuid(text)),
  binary: (text) => rhea.types.wrap_binary(Buffer.from(text)),
};

const commands = {
  deliver: ({ body, form, properties, contentType, id, idType }) => {
    put(INBOX, {
      body: bodies[form](Buffer.from(body, 'base64')),
      durable: true,
      application_properties: properties,
      ...(contentType ? { content_type: contentType } : {}),
      ...(id ? { message_id: ids[idType](id) } : {}),
    });
  },
  // As its bytes are after `from` was made `to` in them, both in hexadecimal, and `cut` bytes were left out.
  deliverSpoilt: ({ body, form, properties, more, from, to, cut }) => {
    const whole = rhea.message.encode({
      body: bodies[form](Buffer.from(body, 'base64')),
      application_properties: properties,
      ...more,
    });
    const spoilt = Buffer.from(whole.toString('hex').replaceAll(from, to), 'hex');
    links.get(INBOX).given += 1;
    underWay.set(links.get(INBOX).send(spoilt.subarray(0, spoilt.length - cut), undefined, 0), [INBOX, null]);
    brought += 1;
    tellState();
  },
  fault: ({ name, value }) => {
    faults[name] = value;
  },
  tellLate: () => putAll(late.splice(0)),
  giveCredit: () => {
    faults.withholding = 0;
    outbox.add_credit(CREDIT);
  },
  closeLink: () => outbox.close({ condition: 'amqp:resource-deleted', description: 'the queue is gone' }),
  closeConnection: () => {
    for (const connection of connections) {
      connection.close({ condition: 'amqp:connection:forced', description: 'maintenance' });
    }
  },
};

if (options.user) {
  rhea.sasl_server_mechanisms.enable_plain(
    (user, password) => user === options.user && password === options.password,
  );
}
const server = rhea.listen({
  host: '127.0.0.1',
  port: 0,
  max_frame_size: SMALL_FRAME,
  receiver_options: { autoaccept: false, credit_window: 0 },
  tcp_no_delay: true,
});
server.on('listening', () => tell({ listening: server.address().port }));

const input = readline.createInterface({ input: process.stdin });
input.on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
  tell({ done: command.number });
});
input.on('close', () => process.exit(0)); // the test is over, or dead
