//! What an operator's call says in its path and query.

use std::borrow::Cow;

use jiff::Timestamp;
use percent_encoding::percent_decode_str;

use super::super::answer::Problem;
use crate::ledger::ActionRef;
use crate::wire::time;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1_000;

/// A path segment as the name that it stands for.
///
/// # Errors
/// 404 when no name is written so.
pub(super) fn name(segment: &str) -> Result<Cow<'_, str>, Problem> {
    percent_decode_str(segment).decode_utf8().map_err(|_| Problem::no_such_path())
}

/// A part of a list.
pub(super) struct Page {
    /// What comes after the item that this action made.
    pub(super) after: Option<ActionRef>,
    /// How many items at the most.
    pub(super) limit: usize,
}

/// The members of a query, each at most once, all of them known.
pub(super) struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    /// Reads a query that may have the members `known`.
    ///
    /// # Errors
    /// 400 that names a member that is not known, or is there twice.
    pub(super) fn parse(query: Option<&'a str>, known: &[&str]) -> Result<Self, Problem> {
        let mut members: Vec<(Cow<'a, str>, Cow<'a, str>)> = Vec::new();
        for (name, value) in form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
            if !known.contains(&&*name) {
                let known = if known.is_empty() { "none".into() } else { known.join(", ") };
                let message = format!("query member {name} is unknown; known here: {known}");
                return Err(Problem::invalid(message));
            }
            if members.iter().any(|(other, _)| *other == name) {
                return Err(Problem::invalid(format!("query member {name} is there twice")));
            }
            members.push((name, value));
        }
        Ok(Self(members))
    }

    /// The value of a member.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(member, _)| member == name).map(|(_, value)| &**value)
    }

    /// `limit` and `cursor`: which part of a list is asked for.
    ///
    /// # Errors
    /// 400 when `limit` is not from 1 to 1,000, or `cursor` none that a list gave.
    pub(super) fn page(&self) -> Result<Page, Problem> {
        let limit = self.limit()?;
        let bad = || Problem::invalid("query member cursor is not one that a list gave");
        let after = self.find("cursor").map(|text| ActionRef::parse(text).ok_or_else(bad));
        Ok(Page { after: after.transpose()?, limit })
    }

    /// `limit`: how many items at the most.
    ///
    /// # Errors
    /// 400 when it is not from 1 to 1,000.
    pub(super) fn limit(&self) -> Result<usize, Problem> {
        let limit = match self.find("limit") {
            None => Some(LIMIT_DEFAULT),
            Some(text) => text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)),
        };
        limit.ok_or_else(|| {
            Problem::invalid(format!("query member limit is not from 1 to {LIMIT_MAX}"))
        })
    }

    /// A member that is a time.
    ///
    /// # Errors
    /// 400 when it is none.
    pub(super) fn time(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let bad = || {
            let example = "2026-01-31T12:00:00.000000Z; a + is written %2B";
            Problem::invalid(format!("query member {name} is not a time such as {example}"))
        };
        self.find(name).map(|text| time::parse(text).ok_or_else(bad)).transpose()
    }

    /// `from` and `to`.
    ///
    /// # Errors
    /// 400 when one of them is no time, or they are the wrong way round.
    pub(super) fn span(&self) -> Result<(Option<Timestamp>, Option<Timestamp>), Problem> {
        let (from, to) = (self.time("from")?, self.time("to")?);
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            return Err(Problem::invalid("query member from is later than to"));
        }
        Ok((from, to))
    }

    /// A member that is `true` or `false`; `false` when it is absent.
    ///
    /// # Errors
    /// 400 when it is anything else.
    pub(super) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.find(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::invalid(format!("query member {name} is not true or false"))),
        }
    }
}
