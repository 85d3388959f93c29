use etag_core::Versioned;

#[derive(Versioned)]
struct Settings {}

fn main() {}
