use etag_core::Versioned;
use etag_core::axum::Guarded;

#[derive(Versioned)]
struct View {
    text: String,
}

async fn write(_: Guarded<View>) {}

fn main() {}
