/**
 * Certificates and keys in OpenSSL's form, made of PEM texts. They are lent: what this file has
 * made is freed by it, whatever becomes of it in between.
 */
import type { Address, OpenSsl } from "./library.ts";

/**
 * Lends all certificates in the text, in its order; who keeps one takes a reference. Throws for one
 * that cannot be read.
 */
export function withCertificates(
  openSsl: OpenSsl,
  pem: string,
  use: (certificates: readonly Address[]) => void,
): void {
  const { symbols } = openSsl;
  const certificates: Address[] = [];
  try {
    const error = withText(openSsl, pem, (bio) => {
      for (;;) {
        const certificate = symbols.PEM_read_bio_X509(bio, null, null, null);
        if (certificate === null) return openSsl.takeError();
        certificates.push(certificate);
      }
    });
    if (error.code !== "NO_START_LINE") throw error;
    use(certificates);
  } finally {
    for (const certificate of certificates) symbols.X509_free(certificate);
  }
}

/** Lends a private key. */
export function withKey(openSsl: OpenSsl, pem: string, use: (key: Address) => void): void {
  const { symbols } = openSsl;
  // An empty passphrase, or it would ask for one at the terminal.
  const passphrase = new Uint8Array(1);
  const key = withText(openSsl, pem, (bio) => {
    return symbols.PEM_read_bio_PrivateKey(bio, null, null, passphrase);
  });
  if (key === null) throw openSsl.takeError();
  try {
    use(key);
  } finally {
    symbols.EVP_PKEY_free(key);
  }
}

function withText<Result>(
  { symbols, takeError }: OpenSsl,
  pem: string,
  read: (bio: Address) => Result,
): Result {
  const bytes = new TextEncoder().encode(pem);
  const bio = symbols.BIO_new_mem_buf(bytes, bytes.length);
  if (bio === null) throw takeError();
  try {
    return read(bio);
  } finally {
    symbols.BIO_free(bio);
    // It has pointed here until now, perhaps at a key.
    bytes.fill(0);
  }
}
