//! A struct whose members are written by functions.

pub mod derived {
    use crate::octal;
    use ::core::option::Option;
    use ::etag_core::Timestamp;
    use ::etag_core::Versioned;
    use ::std::{collections::BTreeMap, string::String};

    #[derive(Versioned)]
    #[serde(tag = "type", rename = "file")]
    pub struct File {
        pub name: String,
        #[serde(with = "octal")]
        pub mode: u32,
        #[serde(serialize_with = "octal::option", skip_serializing_if = "Option::is_none")]
        pub mask: Option<u32>,
        #[versioned(modified)]
        #[serde(with = "octal::time")]
        pub changed: Timestamp,
        #[serde(flatten, skip_serializing_if = "BTreeMap::is_empty")]
        pub more: BTreeMap<String, u8>,
    }
}

pub mod pasted {
    use crate::octal;
    use ::core::option::Option;
    use ::etag_core::Timestamp;
    use ::std::{collections::BTreeMap, string::String};

    pub struct File {
        pub name: String,
        pub mode: u32,
        pub mask: Option<u32>,
        pub changed: Timestamp,
        pub more: BTreeMap<String, u8>,
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for File {
        /// State: `changed`, `mask`, `mode`, `name`, `type`. Flattened: `more`.
        fn describe<D: ::etag_core::Describe<Self>>(file: &mut D) {
            file.when(
                |file| !BTreeMap::is_empty(&file.more),
                |file| {
                    file.flatten(|file| &file.more);
                },
            );
            file.with_modified(
                "changed",
                |file| &file.changed,
                |changed, serializer| octal::time::serialize(changed, serializer),
            );
            file.with_unless(
                "mask",
                |file| Option::is_none(&file.mask),
                |file, serializer| octal::option(&file.mask, serializer),
            );
            file.with("mode", |file, serializer| octal::serialize(&file.mode, serializer));
            file.member("name", |file| &file.name);
            file.tag("type", "file");
        }
    }
}
