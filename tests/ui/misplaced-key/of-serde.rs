use etag_core::Versioned;

#[derive(Versioned)]
#[versioned(rename_all = "camelCase")]
struct Article {
    title: String,
    #[versioned(skip_serializing_if = "Option::is_none")]
    sub_title: Option<String>,
}

#[derive(Versioned)]
enum Event {
    #[versioned(rename = "started")]
    Started,
}

fn main() {}
