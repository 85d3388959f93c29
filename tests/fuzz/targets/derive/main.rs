//! The derive never panics: it answers any item with Rust items, among them one `impl Versioned`.
//!
//! An input that starts with `#[` is the text of an item; any other drives a grammar that writes one.

#![no_main]

#[path = "../../../../etag-derive/src/attributes.rs"]
mod attributes;
#[path = "../../../../etag-derive/src/bounds.rs"]
mod bounds;
#[path = "../../../../etag-derive/src/cases.rs"]
mod cases;
#[path = "../../../../etag-derive/src/check/mod.rs"]
mod check;
#[path = "../../../../etag-derive/src/choices.rs"]
mod choices;
#[expect(dead_code, reason = "`caught` would hide the panics that are looked for")]
#[path = "../../../../etag-derive/src/derive.rs"]
mod derive;
#[path = "../../../../etag-derive/src/doc.rs"]
mod doc;
#[path = "../../../../etag-derive/src/entries.rs"]
mod entries;
#[path = "../../../../etag-derive/src/errors.rs"]
mod errors;
#[path = "../../../../etag-derive/src/expand.rs"]
mod expand;
#[path = "../../../../etag-derive/src/fallback.rs"]
mod fallback;
mod grammar;
#[path = "../../../../etag-derive/src/json_name.rs"]
mod json_name;
#[path = "../../../../etag-derive/src/lines.rs"]
mod lines;
#[path = "../../../../etag-derive/src/model.rs"]
mod model;
#[path = "../../../../etag-derive/src/names.rs"]
mod names;
#[path = "../../../../etag-derive/src/rename.rs"]
mod rename;
#[path = "../../../../etag-derive/src/resource.rs"]
mod resource;
#[path = "../../../../etag-derive/src/scope.rs"]
mod scope;
#[path = "../../../../etag-derive/src/serde_attributes.rs"]
mod serde_attributes;

use std::panic::{set_hook, take_hook};
use std::sync::Mutex;

use libfuzzer_sys::{Corpus, fuzz_target};
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use syn::{Data, DeriveInput, Expr, ExprLit, File, ImplItem, Item, ItemImpl, Lit, Stmt};

use grammar::Grammar;

fuzz_target!(init: show_the_item(), |input: &[u8]| -> Corpus {
    let text = if input.starts_with(b"#[") {
        String::from_utf8_lossy(input).into_owned()
    } else {
        Grammar::new(input).item()
    };
    ITEM.lock().expect("one thread").clone_from(&text);
    let Ok(tokens) = text.parse::<TokenStream>() else {
        return Corpus::Reject;
    };
    derives(ungrouped(tokens))
});

fn derives(tokens: TokenStream) -> Corpus {
    let item: Option<DeriveInput> = syn::parse2(tokens.clone()).ok();
    if item.as_ref().is_some_and(has_nameless_field) {
        return Corpus::Reject;
    }
    let output = derive::derive(tokens);
    let items = syn::parse2::<File>(output.clone()).map(|file| file.items);
    let items = items.unwrap_or_else(|error| panic!("{error} in what is derived: {output}"));
    let is_refused = items.iter().any(is_error);
    let impls = || items.iter().filter_map(implementation);
    let versioned: Vec<_> = impls().filter(|it| is_of(it, "Versioned")).collect();
    match (&item, versioned.as_slice()) {
        (None, []) => assert!(is_refused, "what is no item is refused"),
        (Some(item), [versioned]) if !is_refused => members_are_in_order(item, versioned),
        (Some(_), [_]) => {}
        _ => panic!("{} impls of `Versioned`: {output}", versioned.len()),
    }
    let others = items.len() - versioned.len() - items.iter().filter(|item| is_error(item)).count();
    let resources = impls().filter(|it| is_of(it, "Resource")).count();
    assert!(resources == others && resources <= 1, "more than it takes: {output}");
    Corpus::Keep
}

/// Whether there is a field that is called `_`: syn takes it for a name, and rustc does not.
fn has_nameless_field(item: &DeriveInput) -> bool {
    let fields: Vec<_> = match &item.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| &variant.fields).collect(),
        Data::Union(data) => data.fields.named.iter().collect(),
    };
    fields.iter().any(|field| field.ident.as_ref().is_some_and(|name| name == "_"))
}

fn is_error(item: &Item) -> bool {
    matches!(item, Item::Macro(item) if item.mac.path.segments.last().is_some_and(|last| last.ident == "compile_error"))
}

fn implementation(item: &Item) -> Option<&ItemImpl> {
    match item {
        Item::Impl(item) => Some(item),
        _ => None,
    }
}

fn is_of(item: &ItemImpl, name: &str) -> bool {
    let path = item.trait_.as_ref().and_then(|(path, _)| path.segments.last());
    path.is_some_and(|last| last.ident == name)
}

/// The members of a struct come in canonical order, and once: what is described otherwise has no form.
fn members_are_in_order(item: &DeriveInput, versioned: &ItemImpl) {
    if !matches!(item.data, Data::Struct(_)) {
        return;
    }
    let statements = versioned.items.iter().filter_map(|item| match item {
        ImplItem::Fn(describe) => Some(&describe.block.stmts),
        _ => None,
    });
    let names: Vec<String> = statements.flatten().filter_map(member).collect();
    let in_order = names.is_sorted_by(|left, right| left.encode_utf16().lt(right.encode_utf16()));
    assert!(in_order, "{names:?}");
}

/// The name in `article.member("name", ...);`, without JSON's escapes.
fn member(statement: &Stmt) -> Option<String> {
    let Stmt::Expr(Expr::MethodCall(call), _) = statement else {
        return None;
    };
    match call.args.first() {
        Some(Expr::Lit(ExprLit { lit: Lit::Str(name), .. })) if writes_a_member(&call.method.to_string()) => {
            let name = format!("\"{}\"", name.value());
            Some(serde_json::from_str(&name).expect("a name as it stands in JSON"))
        }
        _ => None,
    }
}

/// Whether the text after a verb names a member: that of `cache_control` is a header's, for one.
fn writes_a_member(verb: &str) -> bool {
    matches!(
        verb.strip_suffix("_unless").unwrap_or(verb),
        "member" | "serde" | "id" | "revision" | "modified" | "variant" | "skip" | "items" // a role's
            | "with" | "with_revision" | "with_modified"
            | "tag" | "embed"
    )
}

/// Makes of each `ungrouped(...)` what a macro by example hands over for its `$ty:ty`: a group without delimiters.
fn ungrouped(tokens: TokenStream) -> TokenStream {
    let mut made: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let TokenTree::Group(group) = token else {
            made.push(token);
            continue;
        };
        let is_marked = matches!(made.last(), Some(TokenTree::Ident(ident)) if ident == "ungrouped");
        let is_marked = is_marked && group.delimiter() == Delimiter::Parenthesis;
        if is_marked {
            made.pop();
        }
        let delimiter = if is_marked { Delimiter::None } else { group.delimiter() };
        made.push(Group::new(delimiter, ungrouped(group.stream())).into());
    }
    made.into_iter().collect()
}

/// Lets a panic say which item it is about.
fn show_the_item() {
    let abort = take_hook();
    set_hook(Box::new(move |panic| {
        if let Ok(item) = ITEM.try_lock() {
            eprintln!("the item is: {item}");
        }
        abort(panic);
    }));
}

/// The item that is being derived.
static ITEM: Mutex<String> = Mutex::new(String::new());
