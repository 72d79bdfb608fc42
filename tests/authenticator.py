"""A security key in software, for tests: it makes passkeys and signs challenges as a browser would hand them over."""

import json
import secrets
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """One device with one passkey. `flags` and `count` can be set to what a bad device would say."""

    def __init__(self, origin: str = "http://localhost", domain: str = "localhost") -> None:
        self.origin, self.domain = origin, domain
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.flags = PRESENT | VERIFIED
        self.count = 0

    def create(self, options: dict[str, Any]) -> str:
        """Return the answer to the options for a new passkey."""
        numbers = self.key.public_key().public_numbers()
        x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
        public_key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: x, -3: y})
        data = (
            self._data(HAS_KEY)
            + bytes(16)
            + len(self.credential_id).to_bytes(2, "big")
            + self.credential_id
            + public_key
        )
        response = {
            "clientDataJSON": self._client_data("webauthn.create", options),
            "attestationObject": bytes_to_base64url(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
        }
        return self._answer(response)

    def sign(self, options: dict[str, Any]) -> str:
        """Return the answer to the options for signing in."""
        self.count += 1
        data, client_data = self._data(0), self._client_data("webauthn.get", options)
        signed = data + sha256(base64url_to_bytes(client_data)).digest()
        signature = self.key.sign(signed, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": client_data,
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(signature),
        }
        return self._answer(response)

    def _data(self, flags: int) -> bytes:
        counter = self.count.to_bytes(4, "big")
        return sha256(self.domain.encode()).digest() + bytes([self.flags | flags]) + counter

    def _client_data(self, kind: str, options: dict[str, Any]) -> str:
        fields = {"type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": False}
        return bytes_to_base64url(json.dumps(fields).encode())

    def _answer(self, response: dict[str, str]) -> str:
        number = bytes_to_base64url(self.credential_id)
        return json.dumps({"id": number, "rawId": number, "type": "public-key", "response": response})
