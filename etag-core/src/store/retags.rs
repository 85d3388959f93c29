//! When the rows that another program's shapes made are re-tagged beside requests.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Database;
use super::stored_type::Type;

/// When each collection was last re-tagged.
#[derive(Debug, Clone, Default)]
pub(super) struct Retags(Arc<Mutex<HashMap<&'static str, Instant>>>);

/// While a deploy rolls, two programs write rows of two shapes: neither is to spend its time on re-tagging what the
/// other one did.
const PAUSE: Duration = Duration::from_secs(60);

impl Retags {
    /// Re-tags a collection's rows beside the request, unless somebody did or does: the list is right without.
    pub(super) fn begin(&self, database: &Database, of: Type) {
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let (now, collection) = (Instant::now(), of.collection);
        let mut begun = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if begun.get(collection).is_some_and(|begun| now.duration_since(*begun) < PAUSE) {
            return;
        }
        begun.insert(collection, now);
        let database = database.clone();
        runtime.spawn(async move {
            if let Err(error) = database.retag_beside(of).await {
                tracing::debug!(%error, collection, "rows were not re-tagged");
            }
        });
    }
}
