//! The parameters of the impl, and its `where` clause: bounds on the type parameters that a field's type
//! mentions, as serde's are. Bounds on the fields' types themselves would overflow for recursive types.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{GenericArgument, GenericParam, Lifetime, Path, PathArguments, Type, TypeParam};
use syn::{TypeParamBound, TypePath, WherePredicate};

use crate::model::{Field, Place, Role, Shape, Versioned};

/// ```text
/// impl<T, const N: usize> ::etag_core::Versioned for Page<'_, T, N>
/// where
///     T: Clone + ::etag_core::Versioned,
/// ```
pub(crate) struct Generics {
    /// `<T, const N: usize>`: without the lifetimes that nothing names, which clippy would have elided.
    pub(crate) parameters: TokenStream,
    /// `<'_, T, N>`
    pub(crate) arguments: TokenStream,
    pub(crate) where_clause: TokenStream,
}

impl Generics {
    pub(crate) fn new(model: &Versioned<'_>, krate: &TokenStream) -> Self {
        let predicates = predicates(model, krate);
        let mut named = predicates.to_token_stream();
        named.extend(model.paths());
        for parameter in &model.generics.params {
            bounds_of(parameter).to_tokens(&mut named);
        }
        let (mut parameters, mut arguments) = (Vec::new(), Vec::new());
        for parameter in &model.generics.params {
            let (declared, argument) = declare(parameter, &predicates, &named);
            parameters.extend(declared);
            arguments.push(argument);
        }
        let in_brackets = |list: Vec<TokenStream>| match list.is_empty() {
            true => TokenStream::new(),
            false => quote!(<#(#list),*>),
        };
        Self {
            parameters: in_brackets(parameters),
            arguments: in_brackets(arguments),
            where_clause: predicates.to_token_stream(),
        }
    }
}

/// A parameter as the impl declares it, if it does, and as the type is given it.
fn declare(
    parameter: &GenericParam,
    predicates: &Predicates,
    named: &TokenStream,
) -> (Option<TokenStream>, TokenStream) {
    match parameter {
        GenericParam::Lifetime(it) => {
            let (lifetime, colon, bounds) = (&it.lifetime, &it.colon_token, &it.bounds);
            let is_named = colon.is_some() || mentions(named.clone(), &lifetime.ident);
            match is_named {
                true => (Some(quote!(#lifetime #colon #bounds)), quote!(#lifetime)),
                false => (None, quote!('_)),
            }
        }
        GenericParam::Type(it) => {
            let ident = &it.ident;
            let bounds = Some(&it.bounds).filter(|bounds| !bounds.is_empty() && !predicates.has(ident));
            let colon = bounds.map(|_| quote!(:));
            (Some(quote!(#ident #colon #bounds)), quote!(#ident))
        }
        GenericParam::Const(it) => {
            let (ident, ty) = (&it.ident, &it.ty);
            (Some(quote!(const #ident: #ty)), quote!(#ident))
        }
    }
}

fn bounds_of(parameter: &GenericParam) -> TokenStream {
    match parameter {
        GenericParam::Lifetime(it) => it.bounds.to_token_stream(),
        GenericParam::Type(it) => it.bounds.to_token_stream(),
        GenericParam::Const(it) => it.ty.to_token_stream(),
    }
}

fn mentions(tokens: TokenStream, name: &Ident) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == *name,
        TokenTree::Group(group) => mentions(group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

/// What is asked of each type, once: clippy would have one predicate per type.
struct Predicates(Vec<Predicate>);

impl Predicates {
    fn has(&self, parameter: &Ident) -> bool {
        let text = parameter.to_string();
        self.0.iter().any(|it| !it.bounds.is_empty() && it.subject.to_string() == text)
    }

    /// Adds to what is said of the same type already.
    fn add(&mut self, subject: &TokenStream, bound: TokenStream) {
        let text = subject.to_string();
        let is_same = |it: &&mut Predicate| !it.bounds.is_empty() && it.subject.to_string() == text;
        if let Some(predicate) = self.0.iter_mut().find(is_same) {
            predicate.add(bound);
        } else {
            self.0.push(Predicate { subject: subject.clone(), bounds: vec![bound] });
        }
    }

    /// Puts the bounds of a parameter's declaration before those of its predicate.
    fn declared(&mut self, parameter: &TypeParam) {
        let text = parameter.ident.to_string();
        let is_same = |it: &&mut Predicate| !it.bounds.is_empty() && it.subject.to_string() == text;
        if let Some(predicate) = self.0.iter_mut().find(is_same) {
            let more = std::mem::take(&mut predicate.bounds);
            let own = parameter.bounds.iter().map(ToTokens::to_token_stream);
            own.chain(more).for_each(|bound| predicate.add(bound));
        }
    }
}

impl ToTokens for Predicates {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let predicates = &self.0;
        if !predicates.is_empty() {
            tokens.extend(quote!(where #(#predicates,)*));
        }
    }
}

fn predicates(model: &Versioned<'_>, krate: &TokenStream) -> Predicates {
    let own = model.generics.where_clause.iter();
    let mut predicates = Predicates(own.flat_map(|clause| &clause.predicates).map(Predicate::new).collect());
    match &model.bound {
        Some(bound) => predicates.0.extend(bound.iter().map(|bound| Predicate::new(bound))),
        None => infer(model, krate, &mut predicates),
    }
    for parameter in model.generics.type_params() {
        predicates.declared(parameter);
    }
    predicates
}

/// `subject: bounds`, or whole in `subject` if there is nothing that could be added to.
struct Predicate {
    subject: TokenStream,
    bounds: Vec<TokenStream>,
}

impl Predicate {
    fn new(predicate: &WherePredicate) -> Self {
        match predicate {
            WherePredicate::Type(it) if it.lifetimes.is_none() && !it.bounds.is_empty() => Self {
                subject: it.bounded_ty.to_token_stream(),
                bounds: it.bounds.iter().map(ToTokens::to_token_stream).collect(),
            },
            _ => Self { subject: predicate.to_token_stream(), bounds: Vec::new() },
        }
    }

    fn add(&mut self, bound: TokenStream) {
        let text = bound.to_string();
        if self.bounds.iter().all(|other| other.to_string() != text) {
            self.bounds.push(bound);
        }
    }
}

impl ToTokens for Predicate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { subject, bounds } = self;
        tokens.extend(quote!(#subject));
        if !bounds.is_empty() {
            tokens.extend(quote!(: #(#bounds)+*));
        }
    }
}

fn infer(model: &Versioned<'_>, krate: &TokenStream, predicates: &mut Predicates) {
    let parameters: Vec<_> = model.generics.type_params().map(|it| &it.ident).collect();
    if parameters.is_empty() {
        return;
    }
    let into = match &model.shape {
        Shape::Into(into) => Some((&into.ty, &["Versioned"][..])),
        _ => None,
    };
    let fields = model.shape.fields();
    for (ty, bounds) in fields.iter().map(|field| (field.ty, bounds(field))).chain(into) {
        let mut mentioned = Mentioned::new(&parameters);
        mentioned.read(ty);
        for subject in mentioned.found {
            for bound in bounds {
                predicates.add(&subject, bound_of(bound, krate));
            }
        }
    }
}

/// `::etag_core::Versioned`, or `'static`.
fn bound_of(name: &str, krate: &TokenStream) -> TokenStream {
    if name.starts_with('\'') {
        return Lifetime::new(name, Span::call_site()).to_token_stream();
    }
    let name = Ident::new(name, Span::call_site());
    quote!(#krate::#name)
}

/// What a field's line in the description asks for.
fn bounds(field: &Field<'_>) -> &'static [&'static str] {
    match (&field.place, field.role) {
        (Place::Unsent, Role::Revision) => &["Revision"],
        (Place::Unsent, Role::Modified) => &["Modified"],
        (Place::Unsent, _) => &[],
        // The function that writes it says what it needs, in `bound`.
        (_, Role::Revision) if field.with.is_some() => &["Revision", "'static"],
        (_, Role::Modified) if field.with.is_some() => &["Modified", "'static"],
        _ if field.with.is_some() => &[],
        (_, Role::Serde) => &["Serialize"],
        (Place::Sent(_), Role::Revision) => &["Versioned", "Revision"],
        (Place::Sent(_), Role::Modified) => &["Versioned", "Modified"],
        (Place::Sent(_) | Place::Flattened, _) => &["Versioned"],
    }
}

/// The parameters, and the associated types of parameters, that a type mentions.
struct Mentioned<'a> {
    parameters: &'a [&'a Ident],
    found: Vec<TokenStream>,
}

impl<'a> Mentioned<'a> {
    fn new(parameters: &'a [&'a Ident]) -> Self {
        let found = Vec::new();
        Self { parameters, found }
    }

    fn read(&mut self, ty: &Type) {
        match ty {
            Type::Array(ty) => self.read(&ty.elem),
            Type::Group(ty) => self.read(&ty.elem),
            Type::Paren(ty) => self.read(&ty.elem),
            Type::Reference(ty) => self.read(&ty.elem),
            Type::Slice(ty) => self.read(&ty.elem),
            Type::Tuple(ty) => ty.elems.iter().for_each(|ty| self.read(ty)),
            Type::Path(ty) => self.read_path(ty),
            Type::TraitObject(ty) => {
                for bound in &ty.bounds {
                    if let TypeParamBound::Trait(bound) = bound {
                        self.read_arguments(&bound.path);
                    }
                }
            }
            _ => {}
        }
    }

    /// `T`, `T::Item` and `<T as Iterator>::Item` are found whole; in `Vec<T>`, what is inside.
    fn read_path(&mut self, ty: &TypePath) {
        let is_parameters = match &ty.qself {
            Some(qself) => {
                let mut inner = Mentioned::new(self.parameters);
                inner.read(&qself.ty);
                !inner.found.is_empty()
            }
            None => {
                let first = ty.path.segments.first();
                first.is_some_and(|first| self.parameters.contains(&&first.ident))
            }
        };
        // A marker has one form, whatever it marks (as in serde).
        let is_marker = ty.path.segments.last().is_some_and(|last| last.ident == "PhantomData");
        if is_parameters {
            self.found.push(ty.to_token_stream());
        } else if !is_marker {
            self.read_arguments(&ty.path);
        }
    }

    fn read_arguments(&mut self, path: &Path) {
        for segment in &path.segments {
            if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                for argument in &arguments.args {
                    match argument {
                        GenericArgument::Type(ty) => self.read(ty),
                        GenericArgument::AssocType(assoc) => self.read(&assoc.ty),
                        _ => {}
                    }
                }
            }
        }
    }
}
