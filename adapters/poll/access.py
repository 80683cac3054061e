"""How the gateway proves to a peer who it is."""

import json
import threading
import time
from collections.abc import Generator
from typing import Any, Final

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, import_key
from pydantic import SecretStr

from adapters.kit.http.client import CallError, rules_for
from adapters.poll import ClientCredentials, PollOptions

_RENEW_BEFORE_S: Final = 30
_ASSERTION_S: Final = 60
_ALGORITHMS: Final = {"EC": "ES256", "OKP": "EdDSA"}

Flow = Generator[httpx2.Request, httpx2.Response, None]


def access_of(options: PollOptions) -> httpx2.Auth | None:
    """The proof that goes with every request; None where the options name no token."""
    if options.bearer is not None:
        return _Bearer(options.bearer)
    return None if options.oauth is None else _GrantedToken(options, options.oauth)


class _Bearer(httpx2.Auth):
    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx2.Request) -> Flow:
        """Send the token along."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class _GrantedToken(httpx2.Auth):
    """A token of the authorisation server, renewed before it ends, and once when it is refused."""

    def __init__(self, options: PollOptions, credentials: ClientCredentials) -> None:
        self._options = options
        self._credentials = credentials
        self._asking = threading.Lock()
        self._client: OAuth2Client | None = None

    def auth_flow(self, request: httpx2.Request) -> Flow:
        """Send a token with the request; a new one when the peer does not accept it."""
        token = self._token(refused=None)
        request.headers["Authorization"] = f"Bearer {token}"
        response = yield request
        if response.status_code == 401:
            request.headers["Authorization"] = f"Bearer {self._token(refused=token)}"
            yield request

    def _token(self, refused: str | None) -> str:
        with self._asking:
            if self._client is None:
                self._client = _oauth_client(self._options, self._credentials)
            known = self._client.token
            stale = not known or known["access_token"] == refused or known.is_expired(leeway=_RENEW_BEFORE_S)
            try:
                if stale:
                    self._client.fetch_token()
                return str(self._client.token["access_token"])
            except OAuthError as error:
                raise CallError(f"no access token: {error.error}") from None
            except (KeyError, ValueError):
                raise CallError("no access token: the answer is none") from None


def _oauth_client(options: PollOptions, credentials: ClientCredentials) -> OAuth2Client:
    arguments: dict[str, Any] = rules_for(options) | {
        "client_id": credentials.client_id,
        "token_endpoint": credentials.token_url,
        "grant_type": "client_credentials",
        "scope": credentials.scope,
    }
    if credentials.secret is not None:
        return OAuth2Client(client_secret=credentials.secret.get_secret_value(), **arguments)
    key = _key_in((credentials.key or SecretStr("")).get_secret_value())
    client = OAuth2Client(client_secret=key, token_endpoint_auth_method=_Assertion.name, **arguments)
    client.register_client_auth_method(
        _Assertion(credentials.token_url, headers={"kid": key.kid}, alg=_ALGORITHMS[key.key_type])
    )
    return client


def _key_in(text: str) -> ECKey | OKPKey:
    try:
        key = import_key(json.loads(text))
    except (JoseError, TypeError, ValueError) as error:
        raise CallError("the client's key is no JWK") from error
    if not isinstance(key, ECKey | OKPKey) or not key.is_private:
        raise CallError("the client's key is not a private key of type EC or OKP")
    return key


class _Assertion(PrivateKeyJWT):  # type: ignore[misc]  # the library has no types
    """An assertion for each request, with an id of its own; good for a minute, the library's for an hour."""

    def sign(self, auth: Any, token_endpoint: str) -> Any:
        """See the library; it adds the id to the claims it is given."""
        self.claims = {"exp": int(time.time()) + _ASSERTION_S}
        return super().sign(auth, token_endpoint)
