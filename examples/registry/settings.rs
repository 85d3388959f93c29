//! The settings: there is one of them, so that it has no key.

use etag_core::axum::{Fresh, Problem, Tagged, Update};
use etag_core::{Database, Timestamp, Versioned};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Serialize, Deserialize, Versioned)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[versioned(store = Database, collection = "settings", key = ())]
pub struct Settings {
    currency: String,
    inspection_interval_days: u32,
    #[versioned(modified)]
    changed: Timestamp,
}

impl Settings {
    /// Those of a new registry.
    pub fn initial() -> Self {
        Self { currency: "EUR".to_owned(), inspection_interval_days: 365, changed: Timestamp::now() }
    }
}

pub async fn show(settings: Fresh<Settings>) -> Tagged<Settings> {
    settings.into()
}

pub async fn replace(settings: Update<Settings>) -> Result<Tagged<Settings>, Problem> {
    settings.save().await
}
