use etag_core::{Matched, Problem, Removed, Store, Version, Versioned, Written};

#[derive(Versioned)]
#[versioned(store = Notes)]
struct Note {
    #[versioned(id)]
    id: u64,
}

struct Notes;

impl Store<Note> for Notes {
    type Error = Problem;

    async fn version(&self, _: &u64) -> Result<Option<Version>, Problem> {
        Ok(None)
    }

    async fn load(&self, _: &u64) -> Result<Option<(Note, Version)>, Problem> {
        Ok(None)
    }

    async fn replace(&self, _: Matched<Note>, _: Note) -> Result<Written<Note>, Problem> {
        Ok(Written::Stale(None))
    }

    async fn remove(&self, _: Matched<Note>) -> Result<Removed, Problem> {
        Ok(Removed::Stale(None))
    }
}

fn main() {}
