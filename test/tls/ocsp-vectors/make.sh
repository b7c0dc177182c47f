#!/bin/sh
# Makes answers of openssl's OCSP responder, and the certificates that they are about, for the tests
# of OCSP. They are committed, since a machine that runs the tests need not have openssl.
set -eu
cd "$(dirname "$0")"
DAYS=36500
WORK=$(mktemp -d)
trap 'rm -r "$WORK"' EXIT

key() { # name, kind
  case $2 in
    ec) openssl ecparam -name prime256v1 -genkey -noout -out "$WORK/$1.key" ;;
    rsa) openssl genrsa -out "$WORK/$1.key" 2048 ;;
  esac
}

authority() { # name, kind of key
  key "$1" "$2"
  openssl req -x509 -new -key "$WORK/$1.key" -sha256 -days "$DAYS" -subj "/O=midge tests/CN=$1" \
    -out "$1.pem" -addext "basicConstraints=critical,CA:TRUE"
}

issue() { # name, authority, serial, extensions
  key "$1" ec
  printf '%b' "basicConstraints=CA:FALSE\n$4\n" >"$WORK/ext"
  openssl req -new -key "$WORK/$1.key" -subj "/O=midge tests/CN=$1" |
    openssl x509 -req -CA "$2.pem" -CAkey "$WORK/$2.key" -sha256 -extfile "$WORK/ext" \
      -set_serial "$3" -days "$DAYS" -out "$1.pem"
}

answer() { # name, authority, certificate, signer, more arguments
  name=$1 authority=$2 certificate=$3 signer=$4
  shift 4
  openssl ocsp -issuer "$authority.pem" -cert "$certificate.pem" -no_nonce -reqout "$name.request.der"
  openssl ocsp -index "$WORK/index" -CA "$authority.pem" -rsigner "$signer.pem" \
    -rkey "$WORK/$signer.key" -reqin "$name.request.der" -respout "$name.der" -ndays "$DAYS" "$@"
}

RESPONDER="authorityInfoAccess=OCSP;URI:http://127.0.0.1:1/ocsp,caIssuers;URI:http://127.0.0.1:1/ca"
authority ec-authority ec
authority rsa-authority rsa
issue good ec-authority 0x1001 "$RESPONDER\ntlsfeature=status_request"
issue revoked ec-authority 0x1002 "$RESPONDER"
issue unknown ec-authority 0x1003 "$RESPONDER"
issue rsa-good rsa-authority 0x1001 "$RESPONDER"
issue delegate ec-authority 0x2001 "extendedKeyUsage=OCSPSigning"
issue stranger ec-authority 0x2002 "extendedKeyUsage=clientAuth"
{
  printf 'V\t991231235959Z\t\t1001\tunknown\t/CN=good\n'
  printf 'R\t991231235959Z\t240101120000Z,keyCompromise\t1002\tunknown\t/CN=revoked\n'
} >"$WORK/index"
answer good ec-authority good ec-authority
answer good-by-key ec-authority good ec-authority -resp_key_id -resp_no_certs
answer revoked ec-authority revoked ec-authority
answer unknown ec-authority unknown ec-authority
answer delegated ec-authority good delegate
answer badly-delegated ec-authority good stranger
answer rsa-good rsa-authority rsa-good rsa-authority
answer sha1 rsa-authority rsa-good rsa-authority -rmd sha1
answer md5 rsa-authority rsa-good rsa-authority -rmd md5
rm -f delegate.pem stranger.pem
find . -name '*.request.der' ! -name good.request.der -delete
