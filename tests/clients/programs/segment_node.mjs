// The same shop with @segment/analytics-node.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ writeKey, host });
analytics.on("error", (failure) => {
  console.error(failure);
  process.exitCode = 1;
});
const timestamp = new Date("2026-11-02T09:30:00.250Z");
const context = { ip: "198.51.100.77", locale: "pt-BR", campaign: { name: "spring", source: "mail" } };
const common = { userId: "ada", timestamp, context };

analytics.identify({ ...common, traits: { email: "ada@example.org", plan: "gold" }, messageId: "sn-1" });
analytics.track({
  ...common,
  anonymousId: "anon-1",
  event: "Order Completed",
  properties: { order_id: "o-7", revenue: 39.9, currency: "EUR" },
  messageId: "sn-2",
});
analytics.page({
  ...common,
  category: "Docs",
  name: "Pricing",
  properties: { path: "/pricing", url: "https://shop.test/pricing" },
  messageId: "sn-3",
});
analytics.group({ ...common, groupId: "acme", traits: { industry: "tools" }, messageId: "sn-4" });
analytics.alias({ userId: "ada", previousId: "anon-1", timestamp, context, messageId: "sn-5" });
await analytics.closeAndFlush();
