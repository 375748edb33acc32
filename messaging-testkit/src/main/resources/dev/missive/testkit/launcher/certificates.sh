#!/bin/bash
# certificates.sh FOLDER NAME ALTERNATIVE PASSWORD: an authority, a server's certificate for NAME and a client's.
set -euo pipefail
command -v openssl >/dev/null || { echo "openssl is missing. Debian: apt-get install openssl."; exit 1; }
cd "$1"
key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
openssl req -x509 "${key[@]}" -days 30 -subj /CN=missive-test-authority -keyout ca.key -out ca.pem \
  -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
sign() { # sign FILE SUBJECT EXTENSIONS
  openssl req "${key[@]}" -subj "/CN=$2" -keyout "$1.key" -out "$1.csr"
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -out "$1.pem" -extfile <(printf '%b' "$3")
}
sign server "$2" "subjectAltName=$3\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE"
sign client client "extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE"
openssl pkcs12 -export -in client.pem -inkey client.key -certfile ca.pem -name client -out client.p12 -passout "pass:$4"
cat server.key server.pem ca.pem >server-keystore.pem
