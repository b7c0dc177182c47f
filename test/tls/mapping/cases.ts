/**
 * Certificates of all kinds, and the users of servers with `verify_and_map` that they are shown to.
 * What nats-server makes of them is in `recorded.json`; `record.ts` wrote it.
 */

const MANY =
  "email:b@x.org,email:a@x.org,DNS:h1.x.org,DNS:h2.x.org,URI:urn:x:1,URI:spiffe://x/y,IP:10.0.0.1";
const DOMAIN = "/DC=org/DC=x/OU=plant/CN=pump";
const MULTI = "/C=DE/O=x/OU=a+CN=pump";
const ALL = "/C=DE/ST=BY/L=M/street=S 1/postalCode=80331/O=x/OU=y/CN=pump/serialNumber=77";
const GO_NAME = "SERIALNUMBER=77,CN=pump,OU=y+OU=z,O=x,POSTALCODE=80331,STREET=S 1,L=M,ST=BY,C=DE";
const ALL_NAME = "SERIALNUMBER=77,CN=pump,OU=y,O=x,POSTALCODE=80331,STREET=S 1,L=M,ST=BY,C=DE";

/**
 * What it is about, the subject as `openssl req -subj` takes it, other names as `subjectAltName`
 * in its extensions ("" for none), and the users.
 */
export const MAPPING_CASES: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["the second e-mail address", "/CN=pump", MANY, ["a@x.org", "h1.x.org"]],
  ["the first e-mail address before the second", "/CN=pump", MANY, ["a@x.org", "b@x.org"]],
  ["an e-mail address in other case", "/CN=pump", "email:A@x.org", ["a@x.org"]],
  ["the second host name", "/CN=pump", MANY, ["h2.x.org", "urn:x:1"]],
  ["a host name in other case", "/CN=pump", "DNS:H.x.org", ["h.x.org"]],
  ["a wildcard host name", "/CN=pump", "DNS:*.x.org", ["h.x.org", "*.x.org"]],
  ["the second URI", "/CN=pump", MANY, ["spiffe://x/y", "CN=pump"]],
  ["a URI whose scheme is in capitals", "/CN=pump", "URI:SPIFFE://x/Y", ["spiffe://x/Y"]],
  ["the same as it is written", "/CN=pump", "URI:SPIFFE://x/Y", ["SPIFFE://x/Y"]],
  ["a URI with an empty fragment", "/CN=pump", "URI:http://x/y\\#", ["http://x/y#", "http://x/y"]],
  ["a URI with escapes", "/CN=pump", "URI:http://x/%7Ey%2fz", ["http://x/%7Ey%2fz"]],
  ["an address", "/CN=pump", MANY, ["10.0.0.1"]],
  ["names of nobody, then the subject", "/CN=pump", MANY, ["CN=pump"]],
  ["the common name alone", "/CN=pump", "", ["pump"]],
  ["a subject in its order", "/C=DE/O=x/CN=pump", "", ["CN=pump,O=x,C=DE"]],
  ["a subject in the certificate's order", "/C=DE/O=x/CN=pump", "", ["C=DE,O=x,CN=pump"]],
  ["a subject in another order", "/C=DE/O=x/CN=pump", "", ["O=x,CN=pump,C=DE"]],
  ["types in small letters", "/C=DE/O=x/CN=pump", "", ["cn=pump, o=x, c=DE"]],
  ["values in other case", "/C=DE/O=x/CN=pump", "", ["CN=PUMP,O=x,C=DE"]],
  ["a part of a subject", "/C=DE/O=x/CN=pump", "", ["CN=pump,O=x"]],
  ["more than a subject", "/O=x/CN=pump", "", ["CN=pump,O=x,C=DE"]],
  ["blanks", "/O=x y/CN=pump", "", [" CN = pump , O = x y "]],
  ["several units", "/OU=a/OU=b/CN=pump", "", ["CN=pump,OU=b,OU=a"]],
  ["several units in one", "/OU=a/OU=b/CN=pump", "", ["CN=pump,OU=a+OU=b"]],
  ["one unit twice", "/OU=a/OU=a/CN=pump", "", ["CN=pump,OU=a,OU=b"]],
  ["several common names", "/CN=a/CN=b", "", ["CN=b", "CN=a"]],
  ["all attributes that have a name", ALL, "", [ALL_NAME]],
  ["domain components", DOMAIN, "", ["CN=pump,OU=plant,DC=x,DC=org"]],
  ["domain components the other way round", DOMAIN, "", ["CN=pump,OU=plant,DC=org,DC=x"]],
  ["domain components first", DOMAIN, "", ["DC=org,DC=x,OU=plant,CN=pump"]],
  ["domain components left out", DOMAIN, "", ["CN=pump,OU=plant"]],
  ["domain components and two units", `/OU=b${DOMAIN}`, "", ["CN=pump,OU=b+OU=plant,DC=org,DC=x"]],
  ["a part of several attributes", MULTI, "", ["CN=pump+OU=a,O=x,C=DE"]],
  ["such a part the other way round", MULTI, "", ["OU=a+CN=pump,O=x,C=DE"]],
  ["such a part taken apart", MULTI, "", ["CN=pump,OU=a,O=x,C=DE"]],
  ["a comma with an escape", "/O=x\\, y/CN=pump", "", ["CN=pump,O=x\\, y"]],
  ["a comma in hexadecimal", "/O=x\\, y/CN=pump", "", ["CN=pump,O=x\\2c y"]],
  ["a comma without an escape", "/O=x\\, y/CN=pump", "", ["CN=pump,O=x, y"]],
  ["other characters with escapes", '/O=a\\+b"<;>/CN=\\#1', "", ['CN=\\#1,O=a\\+b\\"\\<\\;\\>']],
  ["an equals sign", "/O=x/CN=a=b", "", ["O=x,CN=a=b"]],
  ["an equals sign in Go's order", "/O=x/CN=a=b", "", ["CN=a=b,O=x"]],
  ["an equals sign with an escape", "/O=x/CN=a=b", "", ["O=x,CN=a\\=b"]],
  ["UTF-8", "/O=Müller & Söhne/CN=日本", "", ["CN=日本,O=Müller & Söhne"]],
  ["UTF-8 in hexadecimal", "/O=M\u00fc/CN=pump", "", ["CN=pump,O=M\\C3\\BC"]],
  ["UTF-8 composed differently", "/O=M\u00fc/CN=pump", "", ["CN=pump,O=Mu\u0308"]],
  ["an e-mail address in the subject", "/CN=pump/emailAddress=a@x.org", "", ["a@x.org", "CN=pump"]],
  ["the same with a unit before", "/O=x/CN=p/emailAddress=a@x.org", "", ["O=x,CN=p", "CN=p,O=x"]],
  ["an attribute without a name", "/UID=7/CN=pump", "", ["UID=7,CN=pump", "CN=pump"]],
  ["no subject", "/", "email:a@x.org", ["b@x.org", "CN="]],
  ["nothing at all", "/", "", ["CN=", "b"]],
  ["a comma at the end", "/CN=pump", "", ["CN=pump ,x"]],
  ["quotes in a name", '/CN=a"b\\\\c', "", ["other"]],
  ["Go's order of attributes", `${ALL}/OU=z`, "", [GO_NAME]],
  [
    "the subject and more than it, or less",
    ALL,
    "",
    [`${ALL_NAME},DC=x`, "SERIALNUMBER=77,CN=pump"],
  ],
];
