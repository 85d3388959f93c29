use etag_core::{StateTag, Versioned};

#[derive(Versioned)]
#[versioned(epoch = "2")]
struct Article {
    #[versioned(revison)]
    revision: u64,
    #[versioned(skip, skip)]
    views: u64,
    title: String,
}

fn tag(article: &Article) -> Result<StateTag, etag_core::canonical::Error> {
    StateTag::of(article)
}

fn main() {}
