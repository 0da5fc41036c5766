//! Ranks that would train something else are found before they do.

use crate::Error;
use crate::checkpoint::differences;
use crate::setting::{Setting, Spelling};
use crate::train::Ranks;
use crate::train::ranks::{each_text, has_others};
use serde_json::Value;

/// Whether so many lanes can be dealt to the ranks, equally many to each.
///
/// # Errors
/// [`Error::Usage`] if not.
pub fn deal_lanes(ranks: &dyn Ranks, lanes: usize, spelling: Spelling) -> Result<(), Error> {
    let count = ranks.count();
    if lanes.is_multiple_of(count) {
        return Ok(());
    }
    let enough = lanes.next_multiple_of(count).to_string();
    Err(Error::Usage {
        message: format!("{lanes} lanes cannot be divided equally among {count} processes"),
        hint: Some(format!(
            "the number of lanes must be a multiple of {count}, such as {}; it changes the result, the \
             number of processes does not",
            spelling.with(Setting::Lanes, &enough)
        )),
    })
}

/// Compares what a training depends on with what the other ranks have.
///
/// # Errors
/// [`Error::Usage`], on every rank, names the first that has something else than rank 0.
pub fn same_on_all(ranks: &dyn Ranks, own: &Value) -> Result<(), Error> {
    if !has_others(ranks) {
        return Ok(());
    }
    let all = each_text(ranks, &own.to_string());
    let Some((rank, other)) = all.iter().enumerate().find(|(_, other)| **other != all[0]) else {
        return Ok(());
    };
    let value = |text: &str| serde_json::from_str(text).unwrap_or_default();
    let keys: Vec<String> = differences(&value(&all[0]), &value(other))
        .into_iter()
        .map(|difference| format!("`{}`", difference.key))
        .collect();
    Err(Error::Usage {
        message: format!("rank {rank} and rank 0 differ in {}", keys.join(", ")),
        hint: Some(
            "start the same program with the same options and the same files on all machines, which \
             need the same kind of processor"
                .into(),
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::ranks::on_ranks;
    use serde_json::json;

    #[test]
    fn each_rank_has_equally_many_lanes() {
        let said = on_ranks(3, 1, |ranks| {
            let deal = |lanes| deal_lanes(&*ranks, lanes, Spelling::default());
            assert!(deal(3).is_ok() && deal(12).is_ok());
            [deal(1), deal(8)].map(|refused| refused.unwrap_err().hint().unwrap_or_default())
        });
        assert!(said.iter().all(|hints| hints[0].contains("`lanes = 3`")), "{said:?}");
        assert!(said.iter().all(|hints| hints[1].contains("`lanes = 9`")), "{said:?}");
    }

    #[test]
    fn a_rank_with_another_recipe_is_named_on_all() {
        let said = on_ranks(3, 1, |ranks| {
            let lr = if ranks.rank() == 2 { 0.1 } else { 0.2 };
            let own = json!({ "seed": 1, "recipe": { "lr": lr, "epochs": 3 } });
            same_on_all(&*ranks, &own).unwrap_err().to_string()
        });
        assert_eq!(said, ["rank 2 and rank 0 differ in `recipe.lr`"; 3]);
        let said = on_ranks(3, 1, |ranks| same_on_all(&*ranks, &json!({ "seed": 1 })).is_ok());
        assert_eq!(said, [true; 3]);
    }
}
