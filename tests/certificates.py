"""Certificates of a test: each is its own authority, so that only who trusts the file trusts the server."""

from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def write(file: Path, name: str, middle: datetime) -> Path:
    """Write the key and the certificate of a server, good for 4,000 days before and after an aware `middle`."""
    key, subject = ec.generate_private_key(ec.SECP256R1()), x509.Name.from_rfc4514_string(f"CN={name}")
    built = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(middle - timedelta(days=4000)).not_valid_after(middle + timedelta(days=4000))
    built = built.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
    signed = built.sign(key, hashes.SHA256())
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    file.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem))
    return file
