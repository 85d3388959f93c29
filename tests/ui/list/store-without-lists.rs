use etag_core::axum::{FreshList, GuardedList};
use etag_core::{Matched, Problem, Removed, Store, Version, Versioned, Written};

#[derive(Versioned)]
#[versioned(store = Articles)]
struct Article {
    #[versioned(id)]
    id: u64,
}

#[derive(Clone)]
struct Articles;

impl Store<Article> for Articles {
    type Error = Problem;
    async fn version(&self, _: &u64) -> Result<Option<Version>, Problem> {
        Ok(None)
    }
    async fn load(&self, _: &u64) -> Result<Option<(Article, Version)>, Problem> {
        Ok(None)
    }
    async fn replace(&self, _: Matched<Article>, _: Article) -> Result<Written<Article>, Problem> {
        Ok(Written::Stale(None))
    }
    async fn remove(&self, _: Matched<Article>) -> Result<Removed, Problem> {
        Ok(Removed::Stale(None))
    }
}

fn list(_: FreshList<Article>) {}

fn replace(_: GuardedList<Article>) {}

fn main() {}
