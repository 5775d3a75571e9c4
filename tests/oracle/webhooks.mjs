// Takes a webhook's calls as a receiver does who uses the Standard Webhooks'
// library: lines of {secret, headers, body} in, lines of {taken, reason} out.
import { createInterface } from "node:readline";
import { Webhook, WebhookVerificationError } from "standardwebhooks";

for await (const line of createInterface({ input: process.stdin })) {
  const { secret, headers, body } = JSON.parse(line);
  let answer = { taken: true, reason: null };
  try {
    new Webhook(secret).verify(body, headers);
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    answer = { taken: false, reason: error.message };
  }
  console.log(JSON.stringify(answer));
}
