//! How a field is reached: in a struct it is always there, in an enum only in its variant.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{ExprPath, Fields, Member};

use crate::expand::quiet;
use crate::model::{Case, Field, Role};
use crate::names::Names;

pub(crate) struct Scope<'a> {
    names: &'a Names,
    krate: &'a TokenStream,
    /// The variant that has the fields.
    case: Option<(&'a Case<'a>, Others<'a>)>,
}

/// The other variants of the enum.
#[derive(Clone, Copy)]
pub(crate) enum Others<'a> {
    None,
    One(&'a Case<'a>),
    Many,
}

impl<'a> Scope<'a> {
    pub(crate) fn of_struct(names: &'a Names, krate: &'a TokenStream) -> Self {
        Self { names, krate, case: None }
    }

    pub(crate) fn of_case<'c>(&'c self, case: &'c Case<'c>, others: Others<'c>) -> Scope<'c> {
        Scope { names: self.names, krate: self.krate, case: Some((case, others)) }
    }

    pub(crate) fn it(&self) -> &Ident {
        &self.names.it
    }

    pub(crate) fn is_case(&self) -> bool {
        self.case.is_some()
    }

    /// The word for what is always there, or for what only one variant has.
    pub(crate) fn verb(&self, verb: &str) -> String {
        if self.is_case() { format!("case_{verb}") } else { verb.to_owned() }
    }

    /// ```text
    /// |article| &article.title
    /// |event| match event { Self::Failed(it) => ::core::option::Option::Some(it), _ => ... }
    /// ```
    pub(crate) fn get(&self, field: &Field<'_>) -> TokenStream {
        let at = Span::mixed_site();
        let Some((case, others)) = self.case else {
            // The most frequent line by far: each stream inside of another one costs the build of a user.
            let (it, member) = (self.it(), &field.member);
            return quote_spanned!(at=> |#it| &#it.#member);
        };
        let (it, value) = (self.it(), self.value(field, at));
        let (some, none) =
            (quote!(::core::option::Option::Some(#value)), quote!(::core::option::Option::None));
        let body = self.body(&self.pattern(case, field), others, &some, &none);
        quote!(|#it| #body)
    }

    /// ```text
    /// |event| match event { Self::Failed { why, .. } if !Option::is_none(why) => ...Some(why), _ => ...None }
    /// ```
    pub(crate) fn get_unless(&self, field: &Field<'_>) -> TokenStream {
        let Some(((case, _), unless)) = self.case.zip(field.unless) else {
            return self.get(field);
        };
        let it = self.it();
        let (pattern, value) = (self.pattern(case, field), self.value(field, Span::mixed_site()));
        let left_out = self.call(unless, field, &TokenStream::new());
        quote! {
            |#it| match #it {
                #pattern if !#left_out => ::core::option::Option::Some(#value),
                _ => ::core::option::Option::None,
            }
        }
    }

    /// `|article| Option::is_none(&article.author)`
    pub(crate) fn left_out(&self, field: &Field<'_>, unless: &ExprPath) -> TokenStream {
        let call = self.call(unless, field, &TokenStream::new());
        self.in_case(&TokenStream::new(), field, &call, &quote!(true))
    }

    /// `|article| !Option::is_none(&article.author)`
    pub(crate) fn sent(&self, field: &Field<'_>, unless: &ExprPath) -> TokenStream {
        let call = self.call(unless, field, &TokenStream::new());
        self.in_case(&TokenStream::new(), field, &quote!(!#call), &quote!(false))
    }

    /// `|article, serializer| geo::serialize(&article.place, serializer)`, where a function writes the field.
    pub(crate) fn write(&self, field: &Field<'_>) -> Option<TokenStream> {
        let serializer = &self.names.serializer;
        let call = match field.with {
            Some(with) => self.call(with, field, &quote!(, #serializer)),
            None if field.role == Role::Serde && self.is_case() => {
                let (krate, value) = (self.krate, self.value(field, Span::mixed_site()));
                quote!(#krate::Serialize::serialize(#value, #serializer))
            }
            None => return None,
        };
        Some(self.in_case(&quote!(, #serializer), field, &call, &quote!(::core::result::Result::Ok(()))))
    }

    /// `|at, serializer| unix::serialize(at, serializer)`
    pub(crate) fn write_value(&self, field: &Field<'_>, with: &ExprPath) -> TokenStream {
        let serializer = &self.names.serializer;
        let value = self.binding(&field.member);
        quote!(|#value, #serializer| #with(#value, #serializer))
    }

    /// What a function writes of a whole variant, with the arguments where its path is, as in `call`:
    /// `|event, serializer| match event { ... }`
    pub(crate) fn write_case(&self, case: &Case<'_>, with: &ExprPath) -> TokenStream {
        let serializer = &self.names.serializer;
        let bindings = self.bindings(case);
        let at_path = Span::mixed_site().located_at(with.span());
        let arguments = bindings.iter().cloned().map(|mut argument| {
            argument.set_span(at_path);
            argument
        });
        let call = quote!(#with(#(#arguments,)* #serializer));
        let Some((_, others)) = self.case else {
            return call;
        };
        let (it, ident) = (self.it(), quiet(case.ident));
        let members = case.fields.members();
        let pattern = match case.fields {
            Fields::Unit => quote!(Self::#ident),
            Fields::Unnamed(_) => quote!(Self::#ident(#(#bindings),*)),
            Fields::Named(_) => quote!(Self::#ident { #(#members: #bindings),* }),
        };
        let body = self.body(&pattern, others, &call, &quote!(::core::result::Result::Ok(())));
        quote!(|#it, #serializer| #body)
    }

    /// `|event| ::core::matches!(event, Self::Failed(..))`
    pub(crate) fn is(&self, case: &Case<'_>) -> TokenStream {
        let it = self.it();
        let pattern = any(case);
        quote!(|#it| ::core::matches!(#it, #pattern))
    }

    /// `|it more| value`, where the fields are there.
    fn in_case(
        &self,
        more: &TokenStream,
        field: &Field<'_>,
        value: &TokenStream,
        otherwise: &TokenStream,
    ) -> TokenStream {
        let it = self.it();
        let body = match self.case {
            None => value.clone(),
            Some((case, others)) => self.body(&self.pattern(case, field), others, value, otherwise),
        };
        quote!(|#it #more| #body)
    }

    /// ```text
    /// match event { Self::Failed(it) => value, _ => otherwise }
    /// ```
    fn body(
        &self,
        pattern: &TokenStream,
        others: Others<'_>,
        value: &TokenStream,
        otherwise: &TokenStream,
    ) -> TokenStream {
        let it = self.it();
        // Without another variant a second arm is never reached, and with one clippy would have it named.
        let others = match others {
            Others::None => return quote!({ let #pattern = #it; #value }),
            Others::One(other) => any(other),
            Others::Many => quote!(_),
        };
        quote!(match #it { #pattern => #value, #others => #otherwise })
    }

    /// `Self::Failed { why, .. }` or `Self::Moved(_, it)`
    fn pattern(&self, case: &Case<'_>, field: &Field<'_>) -> TokenStream {
        let ident = quiet(case.ident);
        let binding = self.binding(&field.member);
        match &field.member {
            Member::Named(name) => {
                let rest = (case.fields.len() > 1).then(|| quote!(, ..));
                let name = quiet(name);
                let renamed = (name != binding).then(|| quote!(#name:));
                quote!(Self::#ident { #renamed #binding #rest })
            }
            Member::Unnamed(index) => {
                let all = (0..case.fields.len()).map(|at| match at == index.index as usize {
                    true => binding.to_token_stream(),
                    false => quote!(_),
                });
                quote!(Self::#ident(#(#all),*))
            }
        }
    }

    /// The field's value, as a reference: `&article.title`, or what the pattern binds.
    fn value(&self, field: &Field<'_>, at: Span) -> TokenStream {
        if self.is_case() {
            let mut binding = self.binding(&field.member);
            binding.set_span(at);
            return binding.to_token_stream();
        }
        let member = &field.member;
        let mut it = self.it().clone();
        it.set_span(at);
        quote_spanned!(at=> &#it.#member)
    }

    /// `path(&article.author more)`, with the argument where the path is: a function of another type is the
    /// attribute's mistake.
    fn call(&self, path: &ExprPath, field: &Field<'_>, more: &TokenStream) -> TokenStream {
        let value = self.value(field, Span::mixed_site().located_at(path.span()));
        quote!(#path(#value #more))
    }

    /// What a pattern calls a field's value: its own name, unless a constant parameter has it.
    fn binding(&self, member: &Member) -> Ident {
        let mut binding = match member {
            Member::Named(name) if !self.names.is_used(name) => name.clone(),
            _ => Ident::new("it", Span::mixed_site()),
        };
        binding.set_span(Span::mixed_site());
        binding
    }

    /// The same, for all the values of a variant: where one has no name that is free, each is `it_0`.
    fn bindings(&self, case: &Case<'_>) -> Vec<Ident> {
        let is_free = |member| matches!(member, Member::Named(name) if !self.names.is_used(&name));
        let are_named = case.fields.members().all(is_free);
        let each = case.fields.members().enumerate();
        each.map(|(index, member)| match are_named {
            true => self.binding(&member),
            false => Ident::new(&format!("it_{index}"), Span::mixed_site()),
        })
        .collect()
    }
}

/// The pattern of a variant, whatever it holds.
fn any(case: &Case<'_>) -> TokenStream {
    let ident = quiet(case.ident);
    match case.fields {
        Fields::Unit => quote!(Self::#ident),
        Fields::Unnamed(_) => quote!(Self::#ident(..)),
        Fields::Named(_) => quote!(Self::#ident { .. }),
    }
}
