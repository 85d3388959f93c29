/// A member, as far as a list can be filtered and sorted by it.
#[derive(Debug)]
pub(crate) struct Member {
    /// As it is sent, without JSON's escapes.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether it is the time of the version.
    pub(crate) is_stamp: bool,
}

/// What a type's values look like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    /// An integer of 128 bits.
    Wide,
    Double,
    Boolean,
    Time,
    #[cfg(feature = "uuid")]
    Uuid,
    /// One of these texts.
    Names(Vec<String>),
    /// Nothing, or what the description does not tell.
    #[default]
    Unknown,
    /// An object or an array.
    Composite,
}

impl Kind {
    /// What is of this kind in one variant of an enum, and of another one in the next.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Names(mut names), Self::Names(others)) => {
                let new: Vec<_> = others.into_iter().filter(|other| !names.contains(other)).collect();
                names.extend(new);
                Self::Names(names)
            }
            (Self::Names(_), Self::Text) | (Self::Text, Self::Names(_)) => Self::Text,
            (one, other) if one == other => one,
            (Self::Composite, _) | (_, Self::Composite) => Self::Composite,
            _ => Self::Unknown,
        }
    }

    /// The kind of the leaves that a description calls so.
    pub(super) fn of_leaf(kind: &str) -> Self {
        match kind {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "wide integer" => Self::Wide,
            "double" | "single" => Self::Double,
            "timestamp" => Self::Time,
            "string" | "character" | "address" | "path" => Self::Text,
            #[cfg(feature = "uuid")]
            "uuid" => Self::Uuid,
            _ => Self::Unknown,
        }
    }
}
