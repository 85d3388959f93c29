//! serde's `rename_all` rules.

use ident_case::RenameRule;

/// The rules that serde knows: those of `ident_case`, and two that it does not have.
#[derive(Clone, Copy)]
pub(crate) enum Rule {
    Cased(RenameRule),
    Upper,
    ScreamingKebab,
}

impl Rule {
    pub(crate) const NAMES: [&str; 8] = [
        "lowercase",
        "UPPERCASE",
        "PascalCase",
        "camelCase",
        "snake_case",
        "SCREAMING_SNAKE_CASE",
        "kebab-case",
        "SCREAMING-KEBAB-CASE",
    ];

    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "UPPERCASE" => Some(Self::Upper),
            "SCREAMING-KEBAB-CASE" => Some(Self::ScreamingKebab),
            _ => name.parse().ok().map(Self::Cased),
        }
    }

    pub(crate) fn field(self, name: &str) -> String {
        match self {
            Self::Cased(RenameRule::CamelCase) => uncapitalised(RenameRule::PascalCase.apply_to_field(name)),
            Self::Cased(rule) => rule.apply_to_field(name),
            Self::Upper => name.to_ascii_uppercase(),
            Self::ScreamingKebab => name.to_ascii_uppercase().replace('_', "-"),
        }
    }

    pub(crate) fn variant(self, name: &str) -> String {
        match self {
            Self::Cased(RenameRule::CamelCase) => uncapitalised(name.to_owned()),
            Self::Cased(rule) => rule.apply_to_variant(name),
            Self::Upper => name.to_ascii_uppercase(),
            Self::ScreamingKebab => RenameRule::ScreamingSnakeCase.apply_to_variant(name).replace('_', "-"),
        }
    }
}

/// `ident_case` slices off the first byte here, and panics on `Ärger` and on `__`.
fn uncapitalised(mut name: String) -> String {
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}
