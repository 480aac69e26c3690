#!/usr/bin/env bash
# Makes the certificates under packages/agent/test-fixtures/tls: a CA, server certificates for two regions, a client
# certificate, and one signed by nobody. They are committed because tests must not need openssl; rerun to replace them.
set -euo pipefail
cd "$(dirname "$0")/../packages/agent/test-fixtures/tls"
days=36500
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1-key.pem"; }
signed() { # name, common name, subject alternative names
  key "$1"
  openssl req -new -key "$1-key.pem" -subj "/CN=$2" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days $days -out "$1.pem" \
    -extfile <(printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth,clientAuth\n' "$3")
  rm "$1.csr"
}
key ca
openssl req -x509 -new -key ca-key.pem -days $days -subj '/CN=Steppe test CA' -out ca.pem
signed server-global server.global.nomad 'DNS:server.global.nomad,DNS:localhost,IP:127.0.0.1'
signed server-wrong-region server.elsewhere.nomad 'DNS:server.elsewhere.nomad'
signed client client.global.nomad 'DNS:client.global.nomad'
key stranger
openssl req -x509 -new -key stranger-key.pem -days $days -subj '/CN=stranger' -out stranger.pem
rm -f ca.srl ca-key.pem
