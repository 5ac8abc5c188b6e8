//! `include!` for blocking code: reads async source without `async` and `.await`.
//!
//! The async and the blocking API differ in their import and in these two words. Including one source in both ways checks
//! that.

use std::path::Path;

use proc_macro::{Delimiter, Group, Literal, Span, TokenStream, TokenTree};

/// Includes a source file, by its path from the file that calls this, without `async` and `.await`.
#[proc_macro]
pub fn include_without_await(path: TokenStream) -> TokenStream {
    match included(path) {
        Ok(tokens) => tokens,
        Err(reason) => {
            let reason = Literal::string(&format!("cannot include: {reason}"));
            let arguments = Group::new(Delimiter::Parenthesis, TokenTree::from(reason).into());
            format!("compile_error!{arguments};").parse().unwrap_or_default()
        }
    }
}

fn included(path: TokenStream) -> Result<TokenStream, String> {
    let literal = path.to_string();
    let relative = literal.trim_matches('"');
    let caller = Span::call_site().local_file().ok_or("the path of the calling file is unknown")?;
    let file = caller.parent().unwrap_or(Path::new("")).join(relative);
    let source = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let tokens: TokenStream = source.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    // Makes the compiler track the included file.
    let mut read: TokenStream = "const _: &str = include_str!".parse().map_err(|error| format!("{error}"))?;
    read.extend([TokenTree::from(Group::new(Delimiter::Parenthesis, path))]);
    read.extend(";".parse::<TokenStream>());
    read.extend(without_await(tokens));
    Ok(read)
}

fn without_await(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(word) if word.to_string() == "async" => {}
            TokenTree::Ident(word) if word.to_string() == "await" => {
                // The dot before `await`.
                kept.pop();
            }
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), without_await(group.stream()));
                inner.set_span(group.span());
                kept.push(TokenTree::from(inner));
            }
            other => kept.push(other),
        }
    }
    kept.into_iter().collect()
}
