/**
 * The script of the dashboard: makes the parts of the page and keeps asking the server for what
 * can be seen of them. It only reads. `dashboard-source.ts` puts it into the page.
 */
import { AccountDetails } from "./account-details.ts";
import { AccountsView } from "./accounts-view.ts";
import { ConnectionDetails } from "./connection-details.ts";
import { ConnectionsView } from "./connections-view.ts";
import type { Varz } from "./answers.ts";
import { byId, show, showText } from "./element.ts";
import { Overview } from "./overview.ts";
import { type LoopState, PollLoop } from "./poll-loop.ts";
import { ServerView } from "./server-view.ts";
import { SidePanel } from "./side-panel.ts";
import { SubscriptionsView } from "./subscriptions-view.ts";
import { Tabs } from "./tabs.ts";
import type { PageActions, View } from "./view.ts";

const STATE_TEXTS: Readonly<Record<LoopState["kind"], string>> = {
  live: "Live",
  paused: "Paused",
  unreachable: "Unreachable",
};

const status = byId("status");
/** Beside the status: a countdown is not to be read out each second. */
const retry = byId("retry");

function showState(state: LoopState): void {
  document.body.classList.toggle("stale", state.kind === "unreachable");
  status.dataset["state"] = state.kind;
  showText(status, STATE_TEXTS[state.kind]);
  const secondsLeft = state.kind === "unreachable" ? state.secondsLeft : 0;
  retry.hidden = secondsLeft === 0;
  showText(retry, `next try in ${secondsLeft} s`);
}

/** Another server may have come in the place of the one that served the page. */
function showHead({ server_name: name, version, midge_version: midgeVersion }: Varz): void {
  document.title = `midge: ${name}`;
  show(byId("name"), { text: name, title: name });
  showText(byId("versions"), `midge v${midgeVersion} · NATS v${version}`);
}

const loop = new PollLoop(() => {
  return [overview, tabs.current, ...(panel.details === undefined ? [] : [panel.details])];
}, showState);
const panel = new SidePanel((details) => loop.hurry(details));
const actions: PageActions = {
  hurry: (source) => loop.hurry(source),
  openConnection: (cid) => panel.open(new ConnectionDetails(cid)),
  openAccount: (account) => panel.open(new AccountDetails(account)),
};
const server = new ServerView();
const overview = new Overview((varz) => {
  showHead(varz);
  server.render(varz);
});
const views: [View, ...View[]] = [
  new ConnectionsView(actions),
  new AccountsView(actions),
  new SubscriptionsView(actions),
  server,
];
const tabs = new Tabs<View>(views, (view) => loop.hurry(view));

const pause = byId("pause");
pause.addEventListener("click", () => {
  const isPaused = !loop.isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  loop.pause(isPaused);
});

loop.start();
