//! Secrets of the local stack: made once, kept beside the data, readable by
//! their owner alone.

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::keys::new_key;
use crate::random;

const FILE: &str = "secrets.json";

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Secrets {
    pub(super) admin_token: String,
    pub(super) api_key: String,
    pub(super) http_password: String,
    pub(super) queue_password: String,
}

impl Secrets {
    pub(super) fn fresh() -> anyhow::Result<Self> {
        Ok(Self {
            admin_token: random::hex()?,
            api_key: new_key()?,
            http_password: random::hex()?,
            queue_password: random::hex()?,
        })
    }

    /// What the console seals sessions by: as long as the token is the same, so is this.
    pub(super) fn session_secret(&self) -> String {
        format!("console of {}", self.admin_token)
    }

    /// Those of the last start, and whether there was one.
    pub(super) fn kept(folder: &Path) -> anyhow::Result<(Self, bool)> {
        let path = folder.join(FILE);
        if path.exists() {
            let text = std::fs::read_to_string(&path)
                .with_context(|| format!("reading {}", path.display()))?;
            let secrets = serde_json::from_str(&text).with_context(|| {
                format!("{} is damaged; remove the folder to begin anew", path.display())
            })?;
            return Ok((secrets, true));
        }
        let secrets = Self::fresh()?;
        std::fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
        // Written whole before it has its name: a crash leaves no half a file.
        let draft = folder.join(format!("{FILE}.{}", std::process::id()));
        let mut file = std::fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)
            .with_context(|| format!("making {}", draft.display()))?;
        file.write_all(serde_json::to_string_pretty(&secrets)?.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&draft, &path).with_context(|| format!("making {}", path.display()))?;
        Ok((secrets, false))
    }
}
