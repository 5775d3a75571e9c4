//! The one screen that `mauntic dev` prints.

use super::cup::TOURNAMENT;
use super::stack::Stack;
use crate::seed::ORGANIZATION;

pub(super) fn render(stack: &Stack) -> String {
    let url = stack.url();
    let (key, admin) = (&stack.secrets.api_key, &stack.secrets.admin_token);
    let providers = stack.providers_url();
    format!(
        r#"
  Mauntic runs at {url}
  organization    {ORGANIZATION}
  its API key     {key}
  admin token     {admin}
  console         {url}/admin   (sign in with either)

  curl -s {url}/api/v1/scoring/leaderboard?limit=5 -H 'Authorization: Bearer {key}'

  curl -s -X PUT {url}/api/v1/scoring/contacts/contact_456/features -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' -d '{{"hasEmail":true,"seniority":"vp","demoRequest":true}}'

  curl -s {url}/api/v1/scoring/contacts/contact_456/score/explain -H 'Authorization: Bearer {key}'

  curl -s {url}/api/v2/admin/queues -H 'Authorization: Bearer {admin}'

  export MAUNTIC_URL={url} MAUNTIC_TOKEN={admin}
  cargo run -q -p mauntic-cli -- queues smoke

  matches, exchange rates and prices are told by {providers}; matches are of tournament
  {TOURNAMENT}. What is told may be made wrong:
  curl -X PUT {providers}/trouble -d garbage   # or down, failing, slow, refusing; none

  Cron ticks fire every minute. Ctrl-C stops everything.
"#
    )
}
