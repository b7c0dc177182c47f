/** A configuration of two accounts: A exports a stream and a service, B imports both. */
export const TWO_ACCOUNTS = `
accounts {
  A {
    users: [{user: a, password: a}]
    exports: [
      {stream: "s.>", accounts: [B]}
      {service: "svc.*", latency: {sampling: 50, subject: "lat.x"}}
    ]
    mappings: {
      "m.w": [
        {dest: "m.x", weight: 30}, {dest: "m.y", weight: 50}
        {dest: "m.c", weight: 20, cluster: east}
      ]
    }
  }
  B {
    users: [{user: b, password: b}]
    imports: [
      {stream: {account: A, subject: "s.>"}, prefix: "froma"}
      {service: {account: A, subject: "svc.*"}, to: "q.*"}
    ]
  }
}`;
