//! A Rust file as a flat list of tokens, without comments, attributes and test modules.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A token and the line on which it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) line: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Name(String),
    /// The content of a string literal, escapes left as they are written.
    Text(String),
    Sign(char),
}

impl Token {
    pub(super) fn name(&self) -> Option<&str> {
        if let Kind::Name(name) = &self.kind { Some(name) } else { None }
    }

    pub(super) fn is(&self, sign: char) -> bool {
        self.kind == Kind::Sign(sign)
    }
}

/// Reads a file. Code under `#[cfg(test)]` is left out: tests may break house rules.
pub(super) fn tokens(file: &Path) -> Result<Vec<Token>> {
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    parse(&text).with_context(|| format!("cannot parse {}", file.display()))
}

pub(super) fn parse(text: &str) -> Result<Vec<Token>> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow!("{error}"))?;
    let mut tokens = Vec::new();
    flatten(stream, &mut tokens);
    Ok(tokens)
}

fn flatten(stream: TokenStream, tokens: &mut Vec<Token>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Punct(sign) if sign.as_char() == '#' => {
                trees.next_if(|next| matches!(next, TokenTree::Punct(sign) if sign.as_char() == '!'));
                let attribute = trees.next_if(|next| matches!(next, TokenTree::Group(_)));
                if attribute.is_some_and(|attribute| attribute.to_string().replace(' ', "") == "[cfg(test)]") {
                    skip_item(&mut trees);
                }
            }
            TokenTree::Punct(sign) => tokens.push(Token { line, kind: Kind::Sign(sign.as_char()) }),
            TokenTree::Ident(name) => tokens.push(Token { line, kind: Kind::Name(name.to_string()) }),
            TokenTree::Literal(literal) => {
                tokens.extend(content(&literal.to_string()).map(|text| Token { line, kind: Kind::Text(text) }));
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ('(', ')'),
                    Delimiter::Brace => ('{', '}'),
                    Delimiter::Bracket => ('[', ']'),
                    Delimiter::None => (' ', ' '),
                };
                tokens.push(Token { line, kind: Kind::Sign(open) });
                flatten(group.stream(), tokens);
                tokens.push(Token { line: group.span_close().start().line, kind: Kind::Sign(close) });
            }
        }
    }
}

/// Skips to the end of the item that an attribute belongs to: its body or its semicolon.
fn skip_item(trees: &mut impl Iterator<Item = TokenTree>) {
    for tree in trees {
        match tree {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return,
            TokenTree::Punct(sign) if sign.as_char() == ';' => return,
            _ => {}
        }
    }
}

/// What is between the quotes of a string literal; `None` for a number or a character.
fn content(literal: &str) -> Option<String> {
    let start = literal.find('"')?;
    let end = literal.rfind('"')?;
    let prefix = literal.get(..start)?;
    if !prefix.chars().all(|sign| matches!(sign, 'b' | 'c' | 'r' | '#')) {
        return None;
    }
    literal.get(start + 1..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_attributes_and_tests_are_left_out() {
        let tokens =
            parse("/// doc\n#[derive(Debug)] struct A; // x\n#[cfg(test)] mod tests { const B: u8 = 1; }").unwrap();
        let names: Vec<&str> = tokens.iter().filter_map(Token::name).collect();
        assert_eq!(names, ["struct", "A"]);
    }

    #[test]
    fn strings_lose_their_quotes_and_keep_their_line() {
        let tokens = parse("\n(r#\"a \"b\"\"#, \"c\", '\"', 1)").unwrap();
        let texts: Vec<&Kind> =
            tokens.iter().map(|token| &token.kind).filter(|kind| matches!(kind, Kind::Text(_))).collect();
        assert_eq!(texts, [&Kind::Text("a \"b\"".to_owned()), &Kind::Text("c".to_owned())]);
        assert!(tokens.iter().all(|token| token.line == 2));
    }
}
