#!/usr/bin/env bash
# Make a certificate that signs updates, for trying them. Whoever ships gates has one of their own, and its key elsewhere.
# Usage: deploy/image/make-keys.sh FOLDER
set -euo pipefail
folder=$1
[ ! -e "$folder/key.pem" ] || exit 0
mkdir -p "$folder"
(umask 077 && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj '/CN=Gatepost updates, for trying' \
  -keyout "$folder/key.pem" -out "$folder/certificate.pem" 2>/dev/null)
