#!/bin/sh
# Makes the certificates of the tests of TLS. They are committed, since a machine that runs the tests
# need not have openssl; run this again only to add one. Nobody else trusts them.
set -eu
cd "$(dirname "$0")"
DAYS=36500

key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1-key.pem"; }

authority() { # name, subject
  key "$1"
  openssl req -x509 -new -key "$1-key.pem" -sha256 -days "$DAYS" -subj "$2" -out "$1.pem" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
}

issue() { # name, subject, authority, extensions, more arguments of x509
  name=$1 subject=$2 authority=$3 extensions=$4
  shift 4
  key "$name"
  printf '%b' "basicConstraints=CA:FALSE\n$extensions\n" >"$name.ext"
  openssl req -new -key "$name-key.pem" -subj "$subject" |
    openssl x509 -req -CA "$authority.pem" -CAkey "$authority-key.pem" -sha256 -extfile "$name.ext" \
      -set_serial "0x$(openssl rand -hex 8)" -out "$name.pem" "$@"
  rm "$name.ext"
}

# Valid from the year 2100 on, which only the command `ca` can do.
issue_later() { # name, subject, authority, extensions
  key "$1"
  mkdir later
  : >later/index
  echo 01 >later/serial
  cat >later/ca.cnf <<END
[ca]
default_ca = later
[later]
database = later/index
serial = later/serial
new_certs_dir = later
default_md = sha256
policy = any
[any]
organizationName = optional
commonName = supplied
END
  printf '%b' "$4\n" >later/extensions
  openssl req -new -key "$1-key.pem" -subj "$2" -out later/request
  openssl ca -config later/ca.cnf -batch -notext -in later/request -extfile later/extensions \
    -cert "$3.pem" -keyfile "$3-key.pem" -out "$1.pem" \
    -startdate 21000101000000Z -enddate 21990101000000Z
  rm -r later
}

LOCAL="subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1"
SERVER="extendedKeyUsage=serverAuth\n$LOCAL"
CLIENT="extendedKeyUsage=clientAuth"

authority ca "/O=midge tests/CN=midge test authority"
authority other-ca "/O=midge tests/CN=another test authority"
issue server "/O=midge tests/CN=localhost" ca "$SERVER" -days "$DAYS"
issue renewed "/O=midge tests/CN=localhost" ca "$SERVER" -days "$DAYS"
issue client "/C=DE/O=midge tests/OU=plant/CN=client" ca \
  "$CLIENT\nsubjectAltName=email:client@example.com,DNS:client.example.com,URI:urn:plant:client" \
  -days "$DAYS"
issue plain-client "/O=midge tests/CN=plain" ca "$CLIENT" -days "$DAYS"
issue foreign-client "/O=midge tests/CN=foreign" other-ca "$CLIENT" -days "$DAYS"
issue server-only "/O=midge tests/CN=server only" ca "$SERVER" -days "$DAYS"
issue expired-client "/O=midge tests/CN=expired" ca "$CLIENT" -days -1
issue_later future-client "/O=midge tests/CN=future" ca "$CLIENT"
# Signed by another one that the authority has signed, which may do that, and by one that may not.
issue middle "/O=midge tests/CN=middle" ca "basicConstraints=critical,CA:TRUE" -days "$DAYS"
for signer in middle client; do
  issue "of-$signer" "/O=midge tests/CN=of $signer" "$signer" "$CLIENT" -days "$DAYS"
  cat "$signer.pem" >>"of-$signer.pem"
done
# By one of the authority's name.
authority false-ca "/O=midge tests/CN=midge test authority"
issue of-false-ca "/O=midge tests/CN=of false" false-ca "$CLIENT" -days "$DAYS"
openssl ec -in server-key.pem -aes256 -passout pass:secret -out encrypted-key.pem
