use etag_core::{Database, Versioned};

#[derive(Clone, Debug, PartialEq, Versioned)]
struct Tenant(String);

#[derive(Versioned)]
#[versioned(store = Database)]
struct Article {
    #[versioned(id)]
    tenant: Tenant,
    #[versioned(id)]
    id: u64,
    title: String,
}

fn main() {}
