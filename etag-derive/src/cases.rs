//! The lines of an enum: one for each variant, or several where it holds several values.

use proc_macro2::TokenStream;
use quote::quote;

use crate::lines::{array, bare, literal, member, members, null, tag};
use crate::model::{Case, Content, Tagging};
use crate::scope::{Others, Scope};

pub(crate) fn lines(cases: &[Case<'_>], scope: &Scope<'_>) -> Vec<TokenStream> {
    let others = |index: usize| match cases {
        [_] => Others::None,
        [first, second] => Others::One(if index == 0 { second } else { first }),
        _ => Others::Many,
    };
    let each = cases.iter().enumerate();
    each.map(|(index, case)| line(case, &scope.of_case(case, others(index)))).collect()
}

fn line(case: &Case<'_>, scope: &Scope<'_>) -> TokenStream {
    match (case.tagging, &case.content) {
        (_, Content::Unsent) => {
            let (it, is) = (scope.it(), scope.is(case));
            quote!(#it.unsent(#is);)
        }
        (Tagging::External, content) => external(case, content, scope),
        (Tagging::Internal(name), content) => {
            let name = name.value();
            let tag = tag(&name, &case.name, scope.it());
            when(case, internal(case, content, (name, tag), scope), scope)
        }
        (Tagging::Adjacent { tag: name, content: holder }, content) => {
            let mut members = vec![(name.value(), tag(&name.value(), &case.name, scope.it()))];
            let holder = holder.value();
            members.extend(named(&holder, case, content, scope).map(|line| (holder, line)));
            when(case, crate::lines::members(&[], members, scope), scope)
        }
        (Tagging::Untagged, content) => untagged(case, content, scope),
    }
}

/// ```text
/// event.unit("Started", |event| ::core::matches!(event, Self::Started));
/// event.case_member("Failed", |event| match event { Self::Failed(it) => ... });
/// event.when(|event| ::core::matches!(event, Self::Moved { .. }), |event| {
///     event.content("Moved", |event| { ... });
/// });
/// ```
fn external(case: &Case<'_>, content: &Content<'_>, scope: &Scope<'_>) -> TokenStream {
    match (named(&case.name, case, content, scope), content) {
        (None, _) => {
            let (it, is, name) = (scope.it(), scope.is(case), literal(&case.name));
            quote!(#it.unit(#name, #is);)
        }
        (Some(line), Content::Newtype(field)) if scope.write(field).is_none() => line,
        (Some(line), _) => when(case, vec![line], scope),
    }
}

/// The members of what is held, beside the tag.
fn internal(
    case: &Case<'_>,
    content: &Content<'_>,
    tag: (String, TokenStream),
    scope: &Scope<'_>,
) -> Vec<TokenStream> {
    let it = scope.it();
    match content {
        Content::Object(fields) => members(fields, vec![tag], scope),
        Content::Newtype(field) => vec![bare("newtype", field, scope), tag.1],
        Content::With(with) => {
            let write = scope.write_case(case, with);
            vec![quote!(#it.with_newtype(#write);), tag.1]
        }
        Content::Nothing | Content::Unsent | Content::Array(_) => vec![tag.1],
    }
}

/// What is held, and nothing that says which variant it is.
fn untagged(case: &Case<'_>, content: &Content<'_>, scope: &Scope<'_>) -> TokenStream {
    let it = scope.it();
    let lines = match content {
        Content::Nothing | Content::Unsent => vec![null(scope)],
        Content::Newtype(field) if scope.write(field).is_none() => return bare("transparent", field, scope),
        Content::Newtype(field) => vec![bare("transparent", field, scope)],
        Content::Array(fields) => array(fields, scope),
        Content::Object(fields) => members(fields, Vec::new(), scope),
        Content::With(with) => {
            let write = scope.write_case(case, with);
            vec![quote!(#it.with_transparent(#write);)]
        }
    };
    when(case, lines, scope)
}

/// What is held as a member of that name; `None` where nothing is.
fn named(name: &str, case: &Case<'_>, content: &Content<'_>, scope: &Scope<'_>) -> Option<TokenStream> {
    let it = scope.it();
    let lines = match content {
        Content::Nothing | Content::Unsent => return None,
        Content::Newtype(field) => return Some(member(name, field, scope)),
        Content::With(with) => {
            let (name, write) = (literal(name), scope.write_case(case, with));
            return Some(quote!(#it.with(#name, #write);));
        }
        Content::Array(fields) => array(fields, scope),
        Content::Object(fields) => members(fields, Vec::new(), scope),
    };
    let name = literal(name);
    Some(quote!(#it.content(#name, |#it| { #(#lines)* });))
}

fn when(case: &Case<'_>, lines: Vec<TokenStream>, scope: &Scope<'_>) -> TokenStream {
    let (it, is) = (scope.it(), scope.is(case));
    quote!(#it.when(#is, |#it| { #(#lines)* });)
}
