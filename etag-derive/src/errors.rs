//! What is wrong with the input, said so that the next edit is obvious.

use std::fmt::{self, Display, Formatter, Write};

use quote::ToTokens;

/// Every refusal of one expansion: all mistakes are reported in one compile.
///
/// Whoever makes one has to [`finish`](Self::finish) it: dropped unread, it panics in debug builds.
#[derive(Default)]
pub(crate) struct Errors {
    refusals: Vec<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) fn refuse(&mut self, at: impl ToTokens, refusal: &Refusal) {
        self.refusals.push(syn::Error::new_spanned(at, refusal));
    }

    pub(crate) fn finish(mut self) -> syn::Result<()> {
        self.read = true;
        let refusals = std::mem::take(&mut self.refusals);
        let combined = refusals.into_iter().reduce(|mut first, next| {
            first.combine(next);
            first
        });
        combined.map_or(Ok(()), Err)
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(self.read || std::thread::panicking(), "the errors of an expansion were not read");
    }
}

/// A headline, and the lines below it as rustc aligns them:
///
/// ```text
/// error: unknown key `revison` in `#[versioned(...)]`
///        = help: did you mean `revision`?
/// ```
pub(crate) struct Refusal {
    text: String,
}

impl Refusal {
    pub(crate) fn new(headline: impl Into<String>) -> Self {
        let text = headline.into();
        Self { text }
    }

    pub(crate) fn help(self, edit: impl Display) -> Self {
        self.line("help", edit)
    }

    pub(crate) fn note(self, reason: impl Display) -> Self {
        self.line("note", reason)
    }

    fn line(mut self, label: &str, text: impl Display) -> Self {
        // Writing to a `String` can't fail.
        let _ = write!(self.text, "\n= {label}: {text}");
        self
    }
}

impl Display for Refusal {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}
