use serde::de::DeserializeOwned;

/// A type that can be read from JSON: from the document in a store, or from the body of a request.
///
/// Whatever implements `Deserialize`, and borrows nothing of what it reads, implements it.
///
/// ```
/// use etag_core::FromJson;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Rename {
///     name: String,
/// }
///
/// fn read<T: FromJson>(json: &str) -> serde_json::Result<T> {
///     serde_json::from_str(json)
/// }
///
/// let rename: Rename = read(r#"{"name":"Pump"}"#)?;
/// assert_eq!(rename.name, "Pump");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from JSON",
    label = "what a store keeps and what a body sends is read with `Deserialize`",
    note = "if `{Self}` is yours, add `#[derive(serde::Deserialize)]` to it",
    note = "if it is of another crate, look for that crate's `serde` feature"
)]
pub trait FromJson: DeserializeOwned {}

// Else the compiler would go on to serde's trait, and list the types that have it.
#[diagnostic::do_not_recommend]
impl<T: DeserializeOwned> FromJson for T {}
