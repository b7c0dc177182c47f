/**
 * Numbers of OpenSSL's C headers (version 3), as far as they are used here. They are part of its
 * binary interface and stay as they are within a major version.
 */

export const enum Control {
  /** SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB */
  SetStatusCallback = 63,
  /** SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP */
  SetStatusResponse = 71,
  /** SSL_CTRL_MODE */
  Mode = 33,
  /** SSL_CTRL_SET_SESS_CACHE_MODE */
  SetSessionCacheMode = 44,
  /** SSL_CTRL_CHAIN */
  SetChain = 88,
  /** SSL_CTRL_CHAIN_CERT */
  AddChainCertificate = 89,
  /** SSL_CTRL_SET_GROUPS_LIST */
  SetGroups = 92,
  /** SSL_CTRL_SET_MIN_PROTO_VERSION */
  SetMinVersion = 123,
}

/** SSL_MODE_RELEASE_BUFFERS: connections at rest have none. */
export const MODE_RELEASE_BUFFERS = 0x10;

/** SSL_OP_NO_RENEGOTIATION, SSL_OP_CIPHER_SERVER_PREFERENCE, SSL_OP_NO_COMPRESSION */
export const SERVER_OPTIONS = 2 ** 30 + 2 ** 22 + 2 ** 17;

/** SSL_OP_NO_TICKET */
export const NO_TICKETS = 2 ** 14;

/** SSL_VERIFY_PEER and SSL_VERIFY_FAIL_IF_NO_PEER_CERT */
export const VERIFY_REQUIRED = 0x01 | 0x02;

/** X509_V_FLAG_PARTIAL_CHAIN: whatever is in the list is trusted, as Go has it. */
export const TRUST_PARTIAL_CHAINS = 0x80000;

export const enum Version {
  Tls12 = 0x0303,
  Tls13 = 0x0304,
}

/** What SSL_get_error says of a call. */
export const enum CallError {
  /** SSL_ERROR_WANT_READ */
  WantsInput = 2,
  /** SSL_ERROR_ZERO_RETURN: the peer has closed in order. */
  PeerClosed = 6,
}

/** What a status callback returns. */
export const enum StatusAnswer {
  /** SSL_TLSEXT_ERR_OK */
  Staple = 0,
  /** SSL_TLSEXT_ERR_NOACK */
  None = 3,
}
