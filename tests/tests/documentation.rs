//! Whoever lands on an item of the library by a search finds there what it does, and an example that says so.

use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, ImplItem, Item, Lit, Meta, Signature, Visibility};

/// Each function, method and type that is public and documented, with what its documentation says.
fn documented(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in sources(folder) {
        let items = syn::parse_file(&fs::read_to_string(&file).unwrap()).unwrap().items;
        let name = file.strip_prefix(folder).unwrap().display().to_string();
        items.iter().for_each(|item| add(&name, item, &mut found));
    }
    found.retain(|(_, text)| !text.is_empty());
    found
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let own = files.into_iter().filter(|file| file.extension().is_some_and(|it| it == "rs"));
    own.chain(folders.iter().flat_map(|folder| sources(folder))).collect()
}

fn add(file: &str, item: &Item, found: &mut Vec<(String, String)>) {
    let mut item_of = |visibility: &Visibility, name: String, attributes: &[Attribute]| {
        if matches!(visibility, Visibility::Public(_)) {
            found.push((format!("{file}: {name}"), text(attributes)));
        }
    };
    let of = |signature: &Signature| signature.ident.to_string();
    match item {
        Item::Fn(it) => item_of(&it.vis, of(&it.sig), &it.attrs),
        Item::Struct(it) => item_of(&it.vis, it.ident.to_string(), &it.attrs),
        Item::Enum(it) => item_of(&it.vis, it.ident.to_string(), &it.attrs),
        Item::Trait(it) => item_of(&it.vis, it.ident.to_string(), &it.attrs),
        Item::Impl(it) if it.trait_.is_none() => {
            for item in &it.items {
                if let ImplItem::Fn(method) = item {
                    item_of(&method.vis, of(&method.sig), &method.attrs);
                }
            }
        }
        Item::Mod(it) => {
            let items = it.content.iter().flat_map(|(_, items)| items);
            items.for_each(|item| add(file, item, found));
        }
        _ => {}
    }
}

fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(doc) if doc.path.is_ident("doc") => match &doc.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(line) => Some(line.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What nobody can name: `serde` gives three to who implements `Serialize`, the others bound what users write.
const UNNAMED: [&str; 6] = [
    "axum/last_parameter.rs: CanBe",
    "axum/last_parameter.rs: EarlierParameter",
    "canonical/serializer.rs: Elements",
    "canonical/serializer.rs: Members",
    "canonical/serializer.rs: Struct",
    "store/backend.rs: Kept",
];

#[test]
fn each_public_function_method_and_type_has_an_example_of_its_own() {
    let documented = documented(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../etag-core/src"));
    assert!(documented.len() > 300, "{}", documented.len());
    let without = documented.iter().filter(|(_, text)| !text.contains("```"));
    let without: Vec<&str> = without.map(|(name, _)| name.as_str()).collect();
    let without: Vec<&&str> = without.iter().filter(|name| !UNNAMED.contains(name)).collect();
    assert!(without.is_empty(), "{} have none: {without:#?}", without.len());
}
