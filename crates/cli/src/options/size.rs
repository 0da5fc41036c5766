//! Sizes as people write them.

/// A number of bytes such as `1000`, `512K`, `4MiB` or `8G`; units are powers of 1,024.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    let units = [("K", 10), ("M", 20), ("G", 30), ("T", 40)];
    let short = match text.strip_suffix("iB") {
        Some(short) if short.ends_with(char::is_alphabetic) => short,
        _ => text,
    };
    let unit = units.iter().find_map(|(unit, shift)| Some((short.strip_suffix(unit)?, *shift)));
    let (digits, shift) = unit.unwrap_or((short, 0));
    let bytes = digits.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    bytes.filter(|&bytes| bytes > 0).ok_or_else(|| {
        "a size is a number of bytes, or one with K, M, G or T behind it, such as 8G".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_may_have_a_unit() {
        assert_eq!(size("1000"), Ok(1000));
        assert_eq!(size("512K"), Ok(512 << 10));
        assert_eq!(["4M", "4MiB"].map(size), [Ok(4 << 20), Ok(4 << 20)]);
        for wrong in ["", "0", "K", "iB", "4iB", "-1M", "1.5G", "99999999999999999999", "99999999T"]
        {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
