// A provider on this machine: whoever signs in as NAME is NAME@example.org; "unchecked" has an address nobody checked.
import Provider from "oidc-provider";

const port = Number(process.argv[2]);
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "cxloop",
      client_secret: "a secret: with % and & signs",
      redirect_uris: ["http://testserver/signin/arrive", "https://cx.example.org/signin/arrive"],
    },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  features: { devInteractions: { enabled: true } },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: id[0].toUpperCase() + id.slice(1),
      email: `${id}@example.org`,
      email_verified: id !== "unchecked",
    }),
  }),
});
provider.listen(port, "127.0.0.1", () => console.log("ready"));
// without the process that started it, it has no reason to go on
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
