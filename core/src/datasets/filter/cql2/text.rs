//! The parser of CQL2 text, by recursive descent: OR, AND, NOT, predicates.

use super::token::{Kind, Token, tokens};
use super::{MAX_NESTING, Operand, ParseError, Parsed, SUBSET, compare, comparison, typed_literal};
use crate::datasets::filter::condition::Condition;
use crate::datasets::filter::field::field;
use crate::datasets::filter::literal::Literal;
use crate::datasets::filter::node::Comparison;

pub(super) fn parse(text: &str) -> Parsed<Condition> {
    let mut parser = Parser { tokens: tokens(text)?.into_iter().peekable(), nesting: 0 };
    if parser.tokens.peek().is_none() {
        return Err(ParseError::new("it is empty", "leave the filter out, or write a condition"));
    }
    let condition = parser.disjunction()?;
    match parser.tokens.next() {
        None => Ok(condition),
        Some(token) => Err(parser.unexpected(&token)),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    nesting: usize,
}

impl Parser {
    /// Takes the next token if it is this keyword, in any case.
    fn keyword(&mut self, keyword: &str) -> bool {
        let is_keyword = |token: &Token| matches!(&token.kind, Kind::Word(word) if word.eq_ignore_ascii_case(keyword));
        self.tokens.next_if(is_keyword).is_some()
    }

    /// Takes the next token if it is this symbol.
    fn symbol(&mut self, symbol: &str) -> bool {
        self.tokens.next_if(|token| matches!(token.kind, Kind::Symbol(other) if other == symbol)).is_some()
    }

    fn expect_symbol(&mut self, symbol: &str, meaning: &str) -> Parsed<()> {
        if self.symbol(symbol) {
            return Ok(());
        }
        match self.tokens.next() {
            None => Err(ParseError::new(format!("expects `{symbol}` {meaning}, got the end of the text"), "add it")),
            Some(token) => Err(self.unexpected(&token)),
        }
    }

    /// Returns the error for a token that is not valid in its place.
    fn unexpected(&self, token: &Token) -> ParseError {
        match &token.kind {
            Kind::Symbol("+" | "-" | "*" | "/" | "%" | "^") => ParseError::unsupported(&token.shown(), &token.place()),
            Kind::Word(word) if matches!(word.to_ascii_lowercase().as_str(), "like" | "div") => {
                ParseError::unsupported(word, &token.place())
            }
            _ => ParseError::new(format!("unexpected `{}`{}", token.shown(), token.place()), SUBSET),
        }
    }

    /// Parses conditions joined by OR.
    fn disjunction(&mut self) -> Parsed<Condition> {
        let mut condition = self.conjunction()?;
        while self.keyword("or") {
            condition = condition | self.conjunction()?;
        }
        Ok(condition)
    }

    /// Parses conditions joined by AND.
    fn conjunction(&mut self) -> Parsed<Condition> {
        let mut condition = self.negation()?;
        while self.keyword("and") {
            condition = condition & self.negation()?;
        }
        Ok(condition)
    }

    fn negation(&mut self) -> Parsed<Condition> {
        let mut negations = 0;
        while self.keyword("not") {
            negations += 1;
        }
        let condition = if self.symbol("(") { self.parenthesis()? } else { self.predicate()? };
        Ok((0..negations).fold(condition, |inner, _| !inner))
    }

    fn parenthesis(&mut self) -> Parsed<Condition> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            let reason = format!("its parentheses nest more than {MAX_NESTING} levels deep");
            return Err(ParseError::new(reason, "leave out redundant parentheses"));
        }
        let condition = self.disjunction()?;
        self.expect_symbol(")", "to close a parenthesis")?;
        self.nesting -= 1;
        Ok(condition)
    }

    fn predicate(&mut self) -> Parsed<Condition> {
        let left = self.operand()?;
        let Some(token) = self.tokens.peek().cloned() else {
            return Err(not_compared(&left));
        };
        if let Kind::Symbol(symbol) = token.kind
            && let Some(comparison) = comparison(symbol)
        {
            self.tokens.next();
            return compare(left, comparison, self.operand()?);
        }
        let name = match left {
            Operand::Field(name) => name,
            Operand::Literal(_) => return Err(not_compared(&left)),
        };
        if self.keyword("is") {
            let negated = self.keyword("not");
            if !self.keyword("null") {
                return Err(ParseError::new(
                    format!("expects `NULL` or `NOT NULL` after `IS`{}", token.place()),
                    SUBSET,
                ));
            }
            return Ok(if negated { field(name).is_not_null() } else { field(name).is_null() });
        }
        let negated = self.keyword("not");
        let condition = if self.keyword("in") {
            self.list(name)?
        } else if self.keyword("between") {
            self.range(name)?
        } else {
            return Err(match self.tokens.next() {
                Some(token) if negated || !ends_predicate(&token) => self.unexpected(&token),
                _ => not_compared(&Operand::Field(name)),
            });
        };
        Ok(if negated { !condition } else { condition })
    }

    fn list(&mut self, name: String) -> Parsed<Condition> {
        self.expect_symbol("(", "to open the list of IN")?;
        let mut values = Vec::new();
        loop {
            values.push(self.literal()?);
            if !self.symbol(",") {
                break;
            }
        }
        self.expect_symbol(")", "to close the list of IN")?;
        Ok(field(name).is_in(values))
    }

    fn range(&mut self, name: String) -> Parsed<Condition> {
        let low = self.literal()?;
        if !self.keyword("and") {
            return Err(ParseError::new(
                "expects `AND` after the first value of `BETWEEN`",
                "write x BETWEEN low AND high",
            ));
        }
        let above = compare(Operand::Field(name.clone()), Comparison::GreaterThanOrEqual, Operand::Literal(low))?;
        let high = Operand::Literal(self.literal()?);
        Ok(above & compare(Operand::Field(name), Comparison::LessThanOrEqual, high)?)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        match self.operand()? {
            Operand::Literal(value) => Ok(value),
            Operand::Field(name) => {
                let reason = format!("expects a value, got the field `{}`", super::shorten(&name));
                Err(ParseError::new(reason, "text needs single quotes"))
            }
        }
    }

    fn operand(&mut self) -> Parsed<Operand> {
        let Some(token) = self.tokens.next() else {
            return Err(ParseError::new("expects a field or a value, got the end of the text", SUBSET));
        };
        let is_call = matches!(self.tokens.peek(), Some(Token { kind: Kind::Symbol("("), .. }));
        Ok(match &token.kind {
            Kind::Text(text) => Operand::Literal(Literal::String(text.clone())),
            Kind::Number(number) => Operand::Literal(number.clone()),
            Kind::Quoted(name) => Operand::Field(name.clone()),
            Kind::Word(word) if is_call => Operand::Literal(self.call(word, &token)?),
            Kind::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Operand::Literal(Literal::Bool(true)),
                "false" => Operand::Literal(Literal::Bool(false)),
                "null" => {
                    let reason = format!("`NULL`{} cannot be compared", token.place());
                    return Err(ParseError::new(reason, "write IS NULL"));
                }
                "and" | "or" | "not" | "is" | "in" | "between" | "like" => return Err(self.unexpected(&token)),
                _ => Operand::Field(word.clone()),
            },
            Kind::Symbol(_) => return Err(self.unexpected(&token)),
        })
    }

    /// Parses the rest of a function call. Only functions of one text are supported.
    fn call(&mut self, function: &str, token: &Token) -> Parsed<Literal> {
        let text = match self.tokens.nth(1).map(|token| token.kind) {
            Some(Kind::Text(text)) => text,
            _ => return Err(ParseError::unsupported(function, &token.place())),
        };
        let literal = typed_literal(function, &text);
        let literal = literal.ok_or_else(|| ParseError::unsupported(function, &token.place()))??;
        self.expect_symbol(")", "to close a function call")?;
        Ok(literal)
    }
}

fn ends_predicate(token: &Token) -> bool {
    match &token.kind {
        Kind::Symbol(symbol) => *symbol == ")",
        Kind::Word(word) => matches!(word.to_ascii_lowercase().as_str(), "and" | "or"),
        _ => false,
    }
}

fn not_compared(operand: &Operand) -> ParseError {
    match operand {
        Operand::Field(name) => {
            let reason = format!("the field `{}` has no comparison", super::shorten(name));
            ParseError::new(reason, "for a boolean field, write = TRUE")
        }
        Operand::Literal(value) => {
            let reason = format!("the value {} has no comparison", super::shorten(&value.to_string()));
            ParseError::new(reason, SUBSET)
        }
    }
}
