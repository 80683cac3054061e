"""Tokens: who gets one, what it says, and everything that is refused."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from authlib.oauth2.rfc7523.assertion import private_key_jwt_sign
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OKPKey, RSAKey

from gateway.domain.role import TenantRole, held
from gateway.domain.tenant import Tenant
from gateway.records.engine.stores import Stores
from gateway.records.privacy.used_client_assertions import UsedAssertions
from gateway.security.clients import Client, Clients, hash_secret, read_public_keys, secret_matches
from gateway.security.issuer import (
    ASSERTION_TYPE,
    Issuer,
    OAuthError,
    OAuthErrorCode,
    TokenAnswer,
    TokenRequest,
)
from gateway.security.keys import SigningKey, signing_key
from gateway.security.permissions import Scope, scopes_of
from gateway.security.tokens import AccessTokens, InvalidTokenError
from tests.security.clocks import SetClock

URL = "https://gateway.test"
SECRET = "correct horse battery staple"
PLATFORM = Tenant("north", held(TenantRole.PLATFORM), "North")
DSO = Tenant("grid", held(TenantRole.DSO), "Grid")
EC = ECKey.generate_key("P-256", parameters={"kid": "one"})
OKP = OKPKey.generate_key("Ed25519", parameters={"kid": "two"})


RSA = RSAKey.generate_key(2048)
SMALL_RSA = rsa.generate_private_key(65537, 1024).private_bytes(  # noqa: S505  (too small on purpose)
    Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
)


def jwks(*keys: ECKey | OKPKey | RSAKey, private: bool = False) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=private) for key in keys]}).encode()


CLIENTS = Clients(
    [
        Client("by-secret", PLATFORM, secret_hash=hash_secret(SECRET)),
        Client("by-key", DSO, public_keys=read_public_keys(jwks(EC, OKP))),
        Client("reader", PLATFORM, hash_secret(SECRET), scopes=frozenset({Scope.DOCUMENTS_READ})),
    ]
)


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> SigningKey:
    return signing_key(tmp_path_factory.mktemp("keys") / "tokens.pem")


@pytest.fixture
def tokens(key: SigningKey, clock: SetClock) -> AccessTokens:
    return AccessTokens(URL, key, CLIENTS, clock)


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    return Stores(tmp_path_factory.mktemp("data"), [])


@pytest.fixture
def issuer(tokens: AccessTokens, stores: Stores, clock: SetClock) -> Issuer:
    return Issuer(CLIENTS, tokens, (URL, f"{URL}/oauth/token"), UsedAssertions(stores), clock)


Issue = Callable[[bytes, str], TokenAnswer]


@pytest.fixture
def issue(key: SigningKey, stores: Stores, clock: SetClock) -> Issue:
    """Grants to a client with these keys on an assertion."""

    def asked(registered: bytes, made: str) -> TokenAnswer:
        clients = Clients([Client("by-key", DSO, public_keys=read_public_keys(registered))])
        tokens = AccessTokens(URL, key, clients, clock)
        issuer = Issuer(clients, tokens, (URL, f"{URL}/oauth/token"), UsedAssertions(stores), clock)
        return issuer.token(by_assertion(made))

    return asked


def by_secret(client: str = "by-secret", secret: str = SECRET, **more: str) -> TokenRequest:
    return TokenRequest("client_credentials", client, secret, **more)


def by_assertion(assertion: str, **more: Any) -> TokenRequest:
    return TokenRequest(
        "client_credentials", **{"assertion_type": ASSERTION_TYPE, "assertion": assertion, **more}
    )


def claims_of(clock: SetClock) -> dict[str, Any]:
    return {
        "iss": "by-key",
        "sub": "by-key",
        "aud": f"{URL}/oauth/token",
        "exp": clock.now() + timedelta(minutes=2),
        "jti": "first",
    }


def assertion(clock: SetClock, key: ECKey | OKPKey = EC, algorithm: str = "ES256", **changes: Any) -> str:
    claims = claims_of(clock) | changes
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key.private_key, algorithm=algorithm, headers={"kid": key.kid})


def signed(claims: dict[str, Any], key: Any) -> str:
    return jwt.encode(claims, key, "EdDSA", {"typ": "at+jwt"})


class TestSecrets:
    def test_only_the_secret_itself_matches(self) -> None:
        hashed = hash_secret(SECRET)
        assert secret_matches(SECRET, hashed)
        assert not secret_matches(SECRET + " ", hashed)
        assert SECRET not in hashed
        assert hash_secret(SECRET) != hashed

    def test_a_client_without_any_proof_is_refused(self) -> None:
        with pytest.raises(ValueError, match="neither a secret nor a public key"):
            Client("nobody", PLATFORM)

    def test_a_plain_secret_in_place_of_its_hash_is_refused_and_not_repeated(self) -> None:
        with pytest.raises(ValueError, match="not scrypt") as caught:
            Client("careless", PLATFORM, secret_hash=SECRET)
        assert SECRET not in str(caught.value)

    @pytest.mark.parametrize(
        ("data", "why"),
        [
            (b"[]", "not a JWK set"),
            (b"{", "not a JWK set"),
            (b'{"keys": [{"kty": "none"}]}', "not a JWK set"),
            (jwks(EC, private=True), "private key"),
            (jwks(ECKey.generate_key("P-384", parameters={"kid": "r"})), "ES256, EdDSA"),
            (jwks(RSAKey.import_key(SMALL_RSA)), "2048 bits"),
            (jwks(EC, ECKey.generate_key("P-256")), "kid"),
            (jwks(EC, EC), "same kid"),
        ],
    )
    def test_a_key_set_that_cannot_be_used_is_refused(self, data: bytes, why: str) -> None:
        with pytest.raises(ValueError, match=why):
            read_public_keys(data)


class TestTokens:
    def test_a_token_is_what_rfc_9068_wants(self, issuer: Issuer, key: SigningKey, clock: SetClock) -> None:
        answer = issuer.token(by_secret())
        header = jwt.get_unverified_header(answer.access_token)
        assert header == {"typ": "at+jwt", "alg": "EdDSA", "kid": key.key_id}
        claims = jwt.decode(
            answer.access_token,
            jwt.PyJWK(key.public_jwk),
            ["EdDSA"],
            options={"verify_exp": False},
            audience=URL,
        )
        assert {"iss", "aud", "sub", "client_id", "iat", "exp", "jti", "scope"} == claims.keys()
        assert claims["exp"] == clock.now().timestamp() + answer.expires_in_s
        assert answer.expires_in_s <= 15 * 60

    def test_the_tenant_comes_from_the_registered_client(self, issuer: Issuer, tokens: AccessTokens) -> None:
        caller = tokens.caller(issuer.token(by_secret()).access_token)
        assert (caller.client_id, caller.tenant, caller.roles) == ("by-secret", "north", ("platform",))
        assert caller.scopes == scopes_of(PLATFORM)

    def test_a_token_may_carry_less(self, issuer: Issuer, tokens: AccessTokens) -> None:
        answer = issuer.token(by_secret(scope="documents:read"))
        assert answer.scope == "documents:read"
        assert tokens.caller(answer.access_token).scopes == {Scope.DOCUMENTS_READ}

    def test_a_client_never_gets_more_than_it_may_have(self, issuer: Issuer) -> None:
        assert issuer.token(by_secret("reader")).scope == "documents:read"
        with pytest.raises(OAuthError, match="documents:write") as caught:
            issuer.token(by_secret("reader", scope="documents:read documents:write"))
        assert caught.value.code is OAuthErrorCode.INVALID_SCOPE

    def test_expired(self, issuer: Issuer, tokens: AccessTokens, clock: SetClock) -> None:
        token = issuer.token(by_secret()).access_token
        clock.pass_time(minutes=14, seconds=59)
        tokens.caller(token)
        clock.pass_time(seconds=1)
        with pytest.raises(InvalidTokenError, match="expired"):
            tokens.caller(token)

    def test_a_client_that_was_removed_is_out_at_once(
        self, issuer: Issuer, key: SigningKey, clock: SetClock
    ) -> None:
        token = issuer.token(by_secret()).access_token
        with pytest.raises(InvalidTokenError, match="no longer registered"):
            AccessTokens(URL, key, Clients([]), clock).caller(token)

    @pytest.mark.parametrize(
        "forge",
        [
            lambda claims, _key: jwt.encode(claims, None, "none", {"typ": "at+jwt"}),
            lambda claims, _key: jwt.encode(claims, "x" * 32, "HS256", {"typ": "at+jwt"}),
            lambda claims, _key: jwt.encode(claims, OKP.private_key, "EdDSA", {"typ": "at+jwt"}),
            lambda claims, _key: jwt.encode(claims, EC.private_key, "ES256", {"typ": "at+jwt"}),
            lambda claims, key: jwt.encode(claims, key, "EdDSA"),
            lambda claims, key: jwt.encode(claims, key, "EdDSA", {"typ": "logout+jwt"}),
            lambda claims, key: signed(claims | {"iss": "https://other"}, key),
            lambda claims, key: signed(claims | {"aud": "https://other"}, key),
            lambda claims, key: signed(claims | {"iat": claims["exp"]}, key),
            lambda claims, key: signed({name: claims[name] for name in claims if name != "exp"}, key),
            lambda _claims, _key: "garbage",
            lambda _claims, _key: "",
        ],
        ids=[
            "none", "HS256", "other key", "other algorithm", "no typ", "other typ", "other issuer",
            "other audience", "from the future", "no end", "garbage", "empty",
        ],
    )  # fmt: skip
    def test_forged(
        self,
        issuer: Issuer,
        tokens: AccessTokens,
        key: SigningKey,
        forge: Callable[[dict[str, Any], object], str],
    ) -> None:
        genuine = issuer.token(by_secret()).access_token
        claims = jwt.decode(genuine, options={"verify_signature": False})
        with pytest.raises(InvalidTokenError):
            tokens.caller(forge(claims, key.private))

    def test_a_single_changed_character_breaks_it(self, issuer: Issuer, tokens: AccessTokens) -> None:
        head, body, signature = issuer.token(by_secret()).access_token.split(".")
        changed = ("A" if body[20] != "A" else "B").join([body[:20], body[21:]])
        with pytest.raises(InvalidTokenError):
            tokens.caller(f"{head}.{changed}.{signature}")


class TestAuthentication:
    @pytest.mark.parametrize(
        ("request_", "code"),
        [
            (by_secret(secret="wrong"), OAuthErrorCode.INVALID_CLIENT),
            (by_secret("unknown"), OAuthErrorCode.INVALID_CLIENT),
            (by_secret("by-key"), OAuthErrorCode.INVALID_CLIENT),
            (TokenRequest("client_credentials", "by-secret"), OAuthErrorCode.INVALID_CLIENT),
            (TokenRequest("password", "by-secret", SECRET), OAuthErrorCode.UNSUPPORTED_GRANT),
            (by_secret(assertion="a.b.c", assertion_type=ASSERTION_TYPE), OAuthErrorCode.INVALID_REQUEST),
            (by_assertion("a.b.c", assertion_type="urn:other"), OAuthErrorCode.INVALID_REQUEST),
            (by_assertion("garbage"), OAuthErrorCode.INVALID_CLIENT),
        ],
    )
    def test_refused(self, issuer: Issuer, request_: TokenRequest, code: OAuthErrorCode) -> None:
        with pytest.raises(OAuthError) as caught:
            issuer.token(request_)
        assert caught.value.code is code

    @pytest.mark.feature(id="E1")
    @pytest.mark.parametrize(("signer", "algorithm"), [(EC, "ES256"), (OKP, "EdDSA")])
    def test_private_key_jwt(
        self, issuer: Issuer, tokens: AccessTokens, clock: SetClock, signer: ECKey | OKPKey, algorithm: str
    ) -> None:
        answer = issuer.token(by_assertion(assertion(clock, signer, algorithm), client_id="by-key"))
        assert tokens.caller(answer.access_token).tenant == "grid"

    @pytest.mark.feature(id="E5")
    def test_an_assertion_is_good_once_also_after_a_restart(
        self, issuer: Issuer, tokens: AccessTokens, stores: Stores, clock: SetClock
    ) -> None:
        used = assertion(clock)
        issuer.token(by_assertion(used))
        restarted = Issuer(CLIENTS, tokens, (f"{URL}/oauth/token",), UsedAssertions(stores), clock)
        for again in (issuer, restarted):
            with pytest.raises(OAuthError, match="used before"):
                again.token(by_assertion(used))
        issuer.token(by_assertion(assertion(clock, jti="second")))

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "by-secret"},
            {"sub": "by-secret"},
            {"sub": "unknown"},
            {"sub": 7},
            {"aud": "https://other"},
            {"aud": None},
            {"exp": None},
            {"exp": "soon"},
            {"exp": float("inf")},
            {"exp": datetime(2026, 3, 1, 11, tzinfo=UTC)},
            {"exp": datetime(2026, 3, 1, 13, 1, tzinfo=UTC)},
            {"nbf": datetime(2026, 3, 1, 13, tzinfo=UTC)},
            {"iat": datetime(2026, 3, 1, 13, tzinfo=UTC)},
            {"jti": None},
            {"jti": ""},
            {"jti": "x" * 1000},
        ],
        ids=str,
    )
    def test_an_assertion_that_says_something_else(
        self, issuer: Issuer, clock: SetClock, changes: dict[str, Any]
    ) -> None:
        with pytest.raises(OAuthError) as caught:
            issuer.token(by_assertion(assertion(clock, **changes)))
        assert caught.value.code is OAuthErrorCode.INVALID_CLIENT

    def test_an_assertion_of_another_key_or_client(self, issuer: Issuer, clock: SetClock) -> None:
        stranger = ECKey.generate_key("P-256", parameters={"kid": "one"})
        nameless = ECKey.generate_key("P-256", parameters={"kid": "three"})
        for forged in (stranger, nameless):
            with pytest.raises(OAuthError):
                issuer.token(by_assertion(assertion(clock, forged)))
        with pytest.raises(OAuthError, match="not the subject"):
            issuer.token(by_assertion(assertion(clock), client_id="by-secret"))

    @pytest.mark.parametrize(
        ("registered", "algorithm", "signer", "kid"),
        [
            (jwks(RSA), "RS256", RSA, None),
            (jwks(RSA), "PS256", RSA, None),
            (jwks(RSA), "RS256", RSA, "a name of its own"),
            (jwks(RSAKey.import_key(RSA.as_dict(), {"alg": "PS256"})), "PS256", RSA, None),
            (jwks(ECKey.import_key(EC.as_dict(), {"kid": "one"})), "ES256", EC, None),
            (jwks(EC, OKP), "ES256", EC, None),
            (jwks(EC, OKP), "EdDSA", OKP, None),
            (jwks(RSAKey.import_key(RSA.as_dict(), {"kid": "r"}), EC), "PS256", RSA, "r"),
        ],
    )
    def test_a_key_is_found_without_its_name(
        self, issue: Issue, clock: SetClock, registered: bytes, algorithm: str, signer: Any, kid: str | None
    ) -> None:
        claims = claims_of(clock)
        headers = None if kid is None else {"kid": kid}
        made = jwt.encode(claims, signer.private_key, algorithm, headers)
        assert issue(registered, made).scope

    @pytest.mark.parametrize(
        ("registered", "algorithm", "signer", "kid", "says"),
        [
            (jwks(RSAKey.import_key(RSA.as_dict(), {"alg": "PS256"})), "RS256", RSA, None, "sign by PS256"),
            (jwks(RSA), "RS384", RSA, None, "RS256 or PS256"),
            (jwks(RSA), "RS256", RSAKey.generate_key(2048), None, "no registered key"),
            (jwks(EC), "ES256", EC, "another", "no registered key"),
            (jwks(EC, ECKey.generate_key("P-256", {"kid": "three"})), "ES256", EC, None, "2 keys .* kid"),
            (jwks(EC), "RS256", RSA, None, "sign by ES256"),
        ],
    )
    def test_what_to_set_is_stated(
        self,
        issue: Issue,
        clock: SetClock,
        registered: bytes,
        algorithm: str,
        signer: Any,
        kid: str | None,
        says: str,
    ) -> None:
        headers = None if kid is None else {"kid": kid}
        with pytest.raises(OAuthError, match=says):
            issue(registered, jwt.encode(claims_of(clock), signer.private_key, algorithm, headers))

    def test_a_public_key_is_no_shared_secret(self, issue: Issue, clock: SetClock) -> None:
        """HS256 over the text of a public key, which everybody may know."""
        head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').rstrip(b"=")
        body = base64.urlsafe_b64encode(json.dumps(claims_of(clock), default=datetime.timestamp).encode())
        signed_part = head + b"." + body.rstrip(b"=")
        mac = hmac.digest(RSA.as_pem(private=False), signed_part, "sha256")
        forged = (signed_part + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()
        with pytest.raises(OAuthError, match="RS256 or PS256"):
            issue(jwks(RSA), forged)

    def test_audience_and_names_are_stated(self, issue: Issue, clock: SetClock) -> None:
        for changes, says in (
            ({"aud": "https://other"}, f"set aud to .*{URL}/oauth/token"),
            ({"iss": "x"}, "iss"),
        ):
            with pytest.raises(OAuthError, match=says):
                issue(jwks(RSA), jwt.encode(claims_of(clock) | changes, RSA.private_key, "RS256"))

    @pytest.mark.parametrize(("signer", "algorithm"), [(RSA, "RS256"), (RSA, "PS256"), (EC, "ES256")])
    def test_what_authlib_makes_by_default(
        self, issue: Issue, clock: SetClock, signer: Any, algorithm: str
    ) -> None:
        """Without kid, with an end an hour away."""
        now = int(clock.now().timestamp())
        made = private_key_jwt_sign(signer, "by-key", f"{URL}/oauth/token", algorithm, issued_at=now)
        assert jwt.decode(made, options={"verify_signature": False})["exp"] == now + 3600
        assert issue(jwks(signer), made).scope
        with pytest.raises(OAuthError, match="used before"):
            issue(jwks(signer), made)

    def test_a_secret_is_proved_slowly_once(self, issuer: Issuer) -> None:
        assert not issuer.is_quick(by_secret())
        issuer.token(by_secret())
        assert issuer.is_quick(by_secret())
        assert not issuer.is_quick(by_secret(secret="wrong"))
        assert not issuer.is_quick(by_secret("reader"))
        with pytest.raises(OAuthError):
            issuer.token(by_secret(secret="wrong"))
        issuer.token(by_secret())

    def test_a_secret_that_was_proved_counts_no_longer_than_it_is_registered(
        self, tokens: AccessTokens, stores: Stores, clock: SetClock
    ) -> None:
        former = hash_secret(SECRET)
        clients = Clients([Client("by-secret", PLATFORM, former)])
        issuer = Issuer(clients, tokens, (URL,), UsedAssertions(stores), clock)
        issuer.token(by_secret())
        until = clock.now() + timedelta(hours=1)
        rotated = Client(
            "by-secret", PLATFORM, hash_secret("new"), former_secret_hash=former, former_until=until
        )
        clients.replace(Clients([rotated]), [PLATFORM.tenant_id])
        issuer.token(by_secret())
        issuer.token(by_secret(secret="new"))
        clock.pass_time(hours=1)
        with pytest.raises(OAuthError, match="wrong secret"):
            issuer.token(by_secret())
        issuer.token(by_secret(secret="new"))

    def test_nothing_secret_is_in_a_representation(self) -> None:
        client = replace(CLIENTS.get("by-secret"))
        assert client.secret_hash is not None
        assert client.secret_hash not in repr(client)
        assert SECRET not in repr(by_secret())
