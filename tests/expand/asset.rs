//! A stored type, with what its expansion says beside the description.

pub mod derived {
    use ::core::option::Option;
    use ::etag_core::{Database, Timestamp, Versioned};
    use ::std::{string::String, vec::Vec};
    use ::uuid::Uuid;

    #[derive(Versioned)]
    #[serde(rename_all = "camelCase")]
    #[versioned(store = Database, collection = "assets", create = "put, ignore-if-match")]
    #[versioned(query = "etag", embed = "etag", if_match = "optional", epoch = 2)]
    pub struct Asset {
        #[versioned(id)]
        pub id: Uuid,
        #[versioned(id = "tenant_id")]
        #[serde(skip)]
        pub tenant: String,
        pub serial_number: String,
        pub value: f64,
        pub tags: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        pub product_id: Option<Uuid>,
        #[versioned(modified)]
        pub version_date: Timestamp,
        #[versioned(revision)]
        #[serde(skip)]
        pub revision: u64,
    }
}

pub mod pasted {
    use ::core::option::Option;
    use ::etag_core::{Database, Timestamp};
    use ::std::{string::String, vec::Vec};
    use ::uuid::Uuid;

    pub struct Asset {
        pub id: Uuid,
        pub tenant: String,
        pub serial_number: String,
        pub value: f64,
        pub tags: Vec<String>,
        pub product_id: Option<Uuid>,
        pub version_date: Timestamp,
        pub revision: u64,
    }

    #[automatically_derived]
    impl ::etag_core::Versioned for Asset {
        /// State: `id`, `productId`, `serialNumber`, `tags`, `value`, `versionDate`. Shows the tag: `etag`. Not sent: `tenant`, `revision`.
        fn describe<D: ::etag_core::Describe<Self>>(asset: &mut D) {
            asset.epoch(2);
            asset.embed("etag");
            asset.id("id", |asset| &asset.id);
            asset.member_unless(
                "productId",
                |asset| Option::is_none(&asset.product_id),
                |asset| &asset.product_id,
            );
            asset.member("serialNumber", |asset| &asset.serial_number);
            asset.member("tags", |asset| &asset.tags);
            asset.member("value", |asset| &asset.value);
            asset.modified("versionDate", |asset| &asset.version_date);
            asset.unsent_revision(|asset| &asset.revision);
        }
    }
    #[automatically_derived]
    impl ::etag_core::Resource for Asset {
        type Key = (Uuid, String);
        type Store = Database;
        type Policy = ::etag_core::Anyone;
        const COLLECTION: &'static ::core::primitive::str = "assets";
        const PARAMETERS: &'static [&'static ::core::primitive::str] = &["id", "tenant_id"];
        const MEMBERS: &'static [&'static ::core::primitive::str] = &["id", ""];
        const QUERY: ::core::option::Option<&'static ::core::primitive::str> =
            ::core::option::Option::Some("etag");
        const CREATE: ::etag_core::Creation = ::etag_core::Creation::PutIgnoreIfMatch;
        const IF_MATCH: ::etag_core::IfMatch = ::etag_core::IfMatch::Optional;
        fn key(&self) -> ::core::option::Option<Self::Key> {
            ::core::option::Option::Some((
                ::core::clone::Clone::clone(&self.id),
                ::core::clone::Clone::clone(&self.tenant),
            ))
        }
        fn set_key(&mut self, key: &Self::Key) {
            ::core::clone::Clone::clone_from(&mut self.id, &key.0);
            ::core::clone::Clone::clone_from(&mut self.tenant, &key.1);
        }
        fn stamp(&mut self, at: ::etag_core::Timestamp) {
            self.version_date = ::etag_core::Modified::from_stamp(at);
            self.revision = ::etag_core::Revision::from_stamp(at);
        }
    }
}
