//! The keys whose value is one of a few words.

use crate::entries::Entry;
use crate::errors::{Errors, Refusal};

/// A word that was chosen: `if_match = "optional"` is `const IF_MATCH: IfMatch = IfMatch::Optional`.
#[derive(Clone, Copy)]
pub(crate) struct Choice {
    pub(crate) constant: &'static str,
    pub(crate) ty: &'static str,
    pub(crate) variant: &'static str,
}

/// A key, and what its words stand for.
struct Choices {
    key: &'static str,
    constant: &'static str,
    ty: &'static str,
    words: &'static [(&'static str, &'static str)],
}

const ALL: [Choices; 5] = [
    Choices {
        key: "if_match",
        constant: "IF_MATCH",
        ty: "IfMatch",
        words: &[("required", "Required"), ("optional", "Optional"), ("report", "Report")],
    },
    Choices {
        key: "wildcard",
        constant: "WILDCARD",
        ty: "Wildcard",
        words: &[("overwrite", "Overwrite"), ("refuse", "Refuse")],
    },
    Choices {
        key: "create",
        constant: "CREATE",
        ty: "Creation",
        words: &[("put", "Put"), ("put, ignore-if-match", "PutIgnoreIfMatch")],
    },
    Choices {
        key: "replay",
        constant: "REPLAY",
        ty: "Replay",
        words: &[("refuse", "Refuse"), ("accept", "Accept")],
    },
    Choices {
        key: "tolerate",
        constant: "TOLERATE",
        ty: "Tolerate",
        words: &[("nothing", "Nothing"), ("intermediaries", "Intermediaries")],
    },
];

impl Choice {
    /// Whether the key's value is one of a few words.
    pub(crate) fn is_of(key: &str) -> bool {
        ALL.iter().any(|choices| choices.key == key)
    }

    /// Reads the word that was written.
    pub(crate) fn read(entry: &Entry, errors: &mut Errors) -> Option<Self> {
        let Choices { key, constant, ty, words } = ALL.iter().find(|choices| entry.key == choices.key)?;
        let written = entry.literal().map(|literal| literal.value());
        let chosen = words.iter().find(|(word, _)| written.as_deref() == Some(*word));
        if chosen.is_none() {
            let expected: Vec<_> = words.iter().map(|(word, _)| format!("`{key} = \"{word}\"`")).collect();
            let headline = format!("expected {}", expected.join(" or "));
            errors.refuse(entry.wrong_part(), &Refusal::new(headline));
        }
        chosen.map(|(_, variant)| Self { constant, ty, variant })
    }
}
