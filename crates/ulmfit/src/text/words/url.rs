//! `url_match`: whether a chunk as a whole is a URL, a host or a mail address, and so stays whole.
//!
//! The regular expression of spaCy is ambiguous (the user part may hold `@` and `:`) and is given to
//! a backtracking engine there. Here every place where a host may begin is tried; a host holds no
//! `@`, so all of them together read the chunk once.

use crate::text::chars::{ALPHA_LOWER, DECIMAL, WORD, is};

pub(super) fn is_url(chunk: &str) -> bool {
    if memchr::memchr(b'.', chunk.as_bytes()).is_none() {
        return false;
    }
    // `(?:\S+(?::\S*)?@)?`: the user part ends at any `@` but one at the start.
    let behind_users =
        memchr::memchr_iter(b'@', chunk.as_bytes()).filter(|at| *at > 0).map(|at| at + 1);
    let behind_scheme = scheme_length(chunk);
    let mut starts = [Some(0), behind_scheme].into_iter().flatten().chain(behind_users);
    starts.any(|start| is_host_and_path(&chunk[start..]))
}

/// Length of `https://`, if the chunk begins with something like it.
fn scheme_length(chunk: &str) -> Option<usize> {
    let (scheme, _) = chunk.split_once("://")?;
    let fits = |c: char| is(c, WORD) || matches!(c, '+' | '-' | '.');
    (scheme.chars().nth(1).is_some() && scheme.chars().all(fits))
        .then_some(scheme.len() + "://".len())
}

/// A host or address, then perhaps a port, then perhaps a path, a query or a fragment.
fn is_host_and_path(text: &str) -> bool {
    let end = text.find([':', '/', '?', '#', '@']).unwrap_or(text.len());
    let (host, tail) = text.split_at(end);
    is_tail(tail) && (is_host(host) || is_public_address(host))
}

/// `(?::\d{2,5})?(?:[/?#]\S*)?`
fn is_tail(tail: &str) -> bool {
    let path = match tail.strip_prefix(':') {
        None => tail,
        Some(port) => {
            let digits = port.chars().take(6).take_while(|c| is(*c, DECIMAL));
            let (count, bytes) = digits.fold((0, 0), |(n, bytes), c| (n + 1, bytes + c.len_utf8()));
            if !matches!(count, 2..=5) {
                return false;
            }
            &port[bytes..]
        }
    };
    path.is_empty() || path.starts_with(['/', '?', '#'])
}

/// Labels of 1 to 64 characters that begin and end with a letter or digit, and a last one of 2 to
/// 63 small letters.
fn is_host(host: &str) -> bool {
    let mut labels = host.rsplit('.');
    let is_top = |label: &str| {
        matches!(label.chars().take(64).count(), 2..=63)
            && label.chars().all(|c| is(c, ALPHA_LOWER))
    };
    if !labels.next().is_some_and(is_top) {
        return false;
    }
    let mut labels = labels.peekable();
    labels.peek().is_some() && labels.all(is_label)
}

fn is_label(label: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || matches!(c, '\u{a1}'..='\u{ffff}');
    label.starts_with(letter)
        && label.ends_with(letter)
        && label.chars().all(|c| letter(c) || matches!(c, '_' | '-'))
        && label.chars().take(65).count() <= 64
}

/// Four numbers that could address a machine of a public network, classes A to C.
fn is_public_address(host: &str) -> bool {
    let mut parts = host.splitn(5, '.');
    let (Some(a), Some(b), Some(c), Some(d), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let private = matches!((a, b), ("10" | "127", _) | ("169", "254") | ("192", "168"))
        || (a == "172" && is_number(b, &["1[6-9]", "2d", "3[0-1]"]));
    !private
        && is_number(a, &["[1-9]", "[1-9]d", "1dd", "2[0-1]d", "22[0-3]"])
        && [b, c].iter().all(|part| is_number(part, &["d", "dd", "1dd", "2[0-4]d", "25[0-5]"]))
        && is_number(d, &["[1-9]", "[1-9]d", "1dd", "2[0-4]d", "25[0-4]"])
}

/// Whether `part` fits one of the forms, made of ASCII digits, ranges of them and `d` for any
/// decimal digit of Unicode.
fn is_number(part: &str, forms: &[&str]) -> bool {
    forms.iter().any(|form| fits(part, form))
}

fn fits(part: &str, form: &str) -> bool {
    let mut chars = part.chars();
    let mut form = form.bytes();
    while let Some(expected) = form.next() {
        let Some(c) = chars.next() else { return false };
        let fits = match expected {
            b'd' => is(c, DECIMAL),
            b'[' => {
                let range = (form.next(), form.next(), form.next(), form.next());
                matches!(range, (Some(low), _, Some(high), _)
                    if (char::from(low)..=char::from(high)).contains(&c))
            }
            digit => c == char::from(digit),
        };
        if !fits {
            return false;
        }
    }
    chars.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for url in [
            "a.co",
            "example.com",
            "www.example.com:80/x?y#z",
            "http://a.com",
            "me@x.com",
            "a@b@c.de",
            "8.8.8.8",
            "mailto:me@x.com",
            "ftp://u:p@host.org:21/f",
            "git+ssh://git@github.com/x",
            "例え.jp",
            "a-b_c.com",
            "223.255.255.254:53",
            "http://x@@y.com",
            "://@x.com",
            "foo.com?",
            "1.a.com",
        ] {
            assert!(is_url(url), "{url}");
        }
    }

    #[test]
    fn no_urls() {
        for text in [
            "a",
            "a.b",
            "a.b/",
            "3.14",
            "@x.com",
            "user@",
            "-a.com",
            "a-.com",
            "a..com",
            "a.com:1",
            "a.com:123456",
            "a.com:80x",
            "10.0.0.1",
            "127.0.0.1",
            "192.168.0.1",
            "169.254.1.1",
            "172.16.0.1",
            "256.1.1.1",
            "1.1.1.0",
            "1.2.3.4.5",
            "a.Com",
            "a.c0m",
            "x://a",
            "_a.com",
            ".com",
            "a.com.",
        ] {
            assert!(!is_url(text), "{text}");
        }
        let label = "a".repeat(64);
        assert!(is_url(&format!("{label}.com")) && !is_url(&format!("{label}a.com")));
    }
}
