use super::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    one_cycle: Vec<GoldenCycle>,
    fine_tune: GoldenFineTune,
    slanted: Vec<GoldenSlanted>,
    clr: Vec<GoldenClr>,
}

#[derive(Deserialize)]
struct GoldenCycle {
    steps: usize,
    pct_start: f64,
    div: f64,
    div_final: f64,
    moms: [f64; 3],
    lr: Vec<f64>,
    mom: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenFineTune {
    base_lr: f64,
    phases: Vec<GoldenPhase>,
}

#[derive(Deserialize)]
struct GoldenPhase {
    lr: Vec<Vec<f64>>,
    mom: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenSlanted {
    steps: usize,
    cut_frac: f64,
    ratio: Option<f64>,
    lr: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenClr {
    steps: usize,
    div: f64,
    cut_div: usize,
    lr: Vec<f64>,
}

/// Numbers: `schedules()` in fixtures/generate.py.
fn golden() -> Golden {
    serde_json::from_str(include_str!("../../../../fixtures/golden/schedules.json")).unwrap()
}

#[track_caller]
fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1e-3), "{found} {wanted}");
}

#[track_caller]
fn follows(schedule: &dyn Schedule, steps: usize, lr: &[f64]) {
    assert_eq!(lr.len(), steps);
    for (step, &wanted) in lr.iter().enumerate() {
        close(schedule.at(step, steps).lr, wanted);
    }
}

/// Every schedule with its defaults, by the name that a recipe uses.
fn all() -> [(&'static str, ScheduleConfig); 6] {
    [
        ("slanted", ScheduleConfig::Slanted(Slanted::default())),
        ("clr", ScheduleConfig::Clr(Clr::default())),
        ("one-cycle", ScheduleConfig::OneCycle(OneCycle::default())),
        ("linear", ScheduleConfig::Linear(Linear::default())),
        ("cosine", ScheduleConfig::Cosine(Cosine::default())),
        ("constant", ScheduleConfig::Constant(Constant::default())),
    ]
}

#[test]
fn one_cycle_is_fastais() {
    for case in golden().one_cycle {
        let GoldenCycle { steps, pct_start, div, div_final, moms, lr, mom } = case;
        let schedule = OneCycle { div, div_final, pct_start, moms };
        follows(&schedule, steps, &lr);
        for (step, &wanted) in mom.iter().enumerate() {
            close(schedule.at(step, steps).mom.unwrap(), wanted);
        }
    }
}

#[test]
fn fine_tune_is_two_cycles() {
    let GoldenFineTune { base_lr, phases } = golden().fine_tune;
    let frozen = OneCycle { pct_start: 0.99, ..OneCycle::default() };
    let unfrozen = OneCycle { pct_start: 0.3, div: 5.0, ..OneCycle::default() };
    let tenth = [base_lr / 10.0, base_lr / 10.0, base_lr]; // fastai's `slice(lr)`
    let (lowest, highest) = (base_lr / 200.0, base_lr / 2.0);
    let slice = [lowest, (lowest * highest).sqrt(), highest]; // `slice(lowest, highest)`
    for (phase, schedule, peaks) in [(&phases[0], frozen, tenth), (&phases[1], unfrozen, slice)] {
        let steps = phase.lr.len();
        for (step, wanted) in phase.lr.iter().enumerate() {
            let rate = schedule.at(step, steps);
            for (peak, &wanted) in peaks.iter().zip(wanted) {
                // fastai adds up 1/steps, which costs it some digits near the end
                assert!((rate.lr * peak - wanted).abs() <= 1e-12 * peak, "{step} {wanted}");
            }
            close(rate.mom.unwrap(), phase.mom[step]);
        }
    }
}

#[test]
fn slanted_is_equation_3() {
    for GoldenSlanted { steps, cut_frac, ratio, lr } in golden().slanted {
        follows(&Slanted { cut_frac, ratio: ratio.unwrap_or(f64::INFINITY) }, steps, &lr);
    }
}

/// The curve of the paper at its own values and a thousand steps.
#[test]
fn slanted_passes_the_papers_points() {
    let points = [
        (0, 3.125e-4),
        (1, 4.09375e-4),
        (50, 5.15625e-3),
        (99, 9.903_125e-3),
        (100, 1e-2),
        (550, 5.15625e-3),
    ];
    for (step, wanted) in points {
        close(0.01 * Slanted::default().at(step, 1000).lr, wanted);
    }
}

#[test]
fn clr_is_the_scripts() {
    for GoldenClr { steps, div, cut_div, lr } in golden().clr {
        follows(&Clr { div, cut_div }, steps, &lr);
    }
}

#[test]
fn any_length_stays_in_bounds() {
    let endless = (
        "infinite ratio",
        ScheduleConfig::Slanted(Slanted { ratio: f64::INFINITY, ..Slanted::default() }),
    );
    for (name, schedule) in all().into_iter().chain([endless]) {
        schedule.check().unwrap();
        for steps in 1..2000 {
            let mut highest = 0.0_f64;
            for step in 0..=steps + 1 {
                let Rate { lr, mom } = schedule.at(step, steps);
                assert!((0.0..=1.0).contains(&lr), "{name} {step}/{steps}: {lr}");
                assert!(mom.is_none_or(|mom| (0.7..=0.8).contains(&mom)), "{name} {step}/{steps}");
                highest = highest.max(lr);
            }
            assert!(highest > 0.99 || steps < 40, "{name} peaks at {highest} in {steps}");
            let past = schedule.at(steps + 1000, steps);
            assert_eq!(past, schedule.at(steps, steps), "{name}");
        }
    }
}

/// The floor that equation 3, taken literally, falls through for 120 lengths.
#[test]
fn slanted_never_leaves_its_floor() {
    let floor = 1.0 / 32.0;
    for steps in 1..2000 {
        let lowest =
            (0..=steps).map(|step| Slanted::default().at(step, steps).lr).fold(1.0, f64::min);
        assert!(lowest >= floor - 1e-15, "{steps} {lowest}");
    }
}

#[test]
fn warm_up_climbs_and_the_end_is_met() {
    let linear = Linear { warmup: 0.2, end: 0.1 };
    close(linear.at(0, 10).lr, 1.0 / 3.0);
    close(linear.at(2, 10).lr, 1.0);
    close(linear.at(6, 10).lr, 0.55);
    close(linear.at(10, 10).lr, 0.1);
    let cosine = Cosine { warmup: 0.0, end: 0.5 };
    close(cosine.at(0, 8).lr, 1.0);
    close(cosine.at(4, 8).lr, 0.75);
    close(cosine.at(8, 8).lr, 0.5);
}

#[test]
fn recipes_are_read_and_written() {
    let read = |text: &str| toml::from_str::<ScheduleConfig>(text);
    assert_eq!(read("kind = 'stlr'").unwrap(), ScheduleConfig::default());
    let endless = ScheduleConfig::Slanted(Slanted { cut_frac: 0.1, ratio: f64::INFINITY });
    for text in ["kind = 'slanted'\nratio = inf", "kind = 'slanted'\nratio = 'inf'"] {
        assert_eq!(read(text).unwrap(), endless);
    }
    assert_eq!(read("kind = 'one-cycle'").unwrap(), ScheduleConfig::OneCycle(OneCycle::default()));
    for schedule in all().map(|(_, schedule)| schedule).into_iter().chain([endless]) {
        assert_eq!(read(&toml::to_string(&schedule).unwrap()).unwrap(), schedule);
        let json = serde_json::to_string(&schedule).unwrap();
        assert_eq!(serde_json::from_str::<ScheduleConfig>(&json).unwrap(), schedule);
    }
    for wrong in
        ["kind = 'sgdr'", "kind = 'slanted'\nratoi = 8", "kind = 'constant'\nlr = 1", "ratio = 2"]
    {
        assert!(read(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn recipes_name_schedules() {
    for (name, schedule) in all() {
        assert_eq!(serde_json::to_value(&schedule).unwrap()["kind"], name);
    }
}

#[test]
fn settings_out_of_range_are_named() {
    let named = |schedule: &dyn Schedule| match schedule.check() {
        Err(ScheduleError::Range { setting, .. }) => setting,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(&Slanted { cut_frac: 0.0, ratio: 32.0 }), "cut_frac");
    assert_eq!(named(&Slanted { cut_frac: 0.1, ratio: f64::NAN }), "ratio");
    assert_eq!(named(&Clr { div: 0.5, cut_div: 10 }), "div");
    assert_eq!(named(&Clr { div: 8.0, cut_div: 0 }), "cut_div");
    assert_eq!(named(&OneCycle { pct_start: 1.5, ..OneCycle::default() }), "pct_start");
    assert_eq!(named(&OneCycle { moms: [0.8, 1.0, 0.8], ..OneCycle::default() }), "moms");
    assert_eq!(named(&Linear { warmup: -0.1, end: 0.0 }), "warmup");
    assert_eq!(named(&Cosine { warmup: 0.0, end: 2.0 }), "end");
}
