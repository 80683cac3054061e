// Signs messages as xml-crypto does: a message in base64 on each line of standard input, signed on each of
// standard output. Arguments: key and certificate (PEM files).
"use strict";

const fs = require("fs");
const readline = require("readline");
const { SignedXml } = require("xml-crypto");

const C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const [, , key, certificate] = process.argv;

function signed(message) {
  const signature = new SignedXml({
    privateKey: fs.readFileSync(key),
    publicCert: fs.readFileSync(certificate),
    getKeyInfoContent: SignedXml.getKeyInfoContent,
    signatureAlgorithm: "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
    canonicalizationAlgorithm: C14N,
  });
  signature.addReference({
    xpath: "/*",
    uri: "",
    isEmptyUri: true,
    digestAlgorithm: "http://www.w3.org/2001/04/xmlenc#sha256",
    transforms: ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", C14N],
  });
  signature.computeSignature(message, {
    location: { reference: "/*/*[local-name()='Header']", action: "append" },
  });
  return signature.getSignedXml();
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const message = Buffer.from(line, "base64").toString("utf-8");
  process.stdout.write(Buffer.from(signed(message), "utf-8").toString("base64") + "\n");
});
