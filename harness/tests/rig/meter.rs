//! A current meter in a run, through the command line: what it tells of a load that is known, and what becomes of a run that loses it.

use std::fs;
use std::io::Write;

use virtual_board::shell::{Options, Running};
use virtual_board::{Chip, Flash, Setup};

use crate::boards::desk;
use crate::support::{shadowrig, shadowrig_with};

/// The model of the virtual board, as its meter has to tell it: 82 mA while it runs, 8 µA asleep. What a wake draws is known by its
/// length, which the log has, too.
#[test]
fn the_current_of_a_virtual_board_is_the_load_that_it_is() {
    let scenario = "
version: 1
name: the load is what is measured
cloud: { shadow: { desired: { sleep: 5 }, reported: { sleep: 5 } } }
steps:
  # Where a wake begins is told by the console, which is read late on a busy machine, most of all behind flashing. Some 27 mC.
  - expect-cycle: {}
    within: 30s
  - expect-cycle: { charge: { between: [5mC, 120mC] } }
    within: 30s
  - expect-current:
      asleep: { between: [7.9uA, 8.2uA] }
      awake: { between: [70mA, 83mA] }
      peak: { between: [81.9mA, 82.1mA] }
      average: { between: [2mA, 15mA] }
      charge: { between: [5mC, 120mC] }
    within: 30s
  - power: cut
  # The meter has a clock of its own, which may be some hundredths of a second apart on a busy machine.
  - expect-current: { average: { below: 20mA } }
    for: 1500ms
  - expect-current: { peak: { below: 100nA } }
    for: 1s
";
    let folder = tempfile::tempdir().expect("a folder can be made");
    fs::write(folder.path().join("case.yaml"), scenario).expect("it can be written");
    let args = ["run", "case.yaml", "--board", "virtual", "--out", "out"];
    let output = shadowrig(folder.path(), &args);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // The trace has a line a reading, without a gap, and few of them.
    let case = folder.path().join("out/001-the-load-is-what-is-measured");
    let trace = fs::read_to_string(case.join("current.csv")).expect("there is a trace");
    let mut lines = trace.lines();
    assert_eq!(lines.next(), Some("from_s,until_s,average_ua,peak_ua,lost_samples"));
    let mut until = None;
    let mut count = 0;
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        let [from, to, _, _, "0"] = cells[..] else { panic!("{line}") };
        assert!(until.is_none_or(|until: String| until == from), "a gap before {line}");
        until = Some(to.to_owned());
        count += 1;
    }
    assert!((5..200).contains(&count), "{count} readings");
}

#[test]
fn a_meter_of_the_inventory_is_started_and_its_loss_is_an_error_of_the_rig() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let path = |name: &str| folder.path().join(name);
    let _board = desk(folder.path(), "84:f7:03:67:84:6c");
    // The meter is that of another board, so that it can be lost alone.
    let options = Options { ppk2: Some(path("meter")), ..Options::default() };
    let other = Running::start(Setup::new(Chip::Esp32c3), Flash::new(), &options);
    let other = other.expect("it starts");
    let mut inventory =
        fs::OpenOptions::new().append(true).open(path("boards.toml")).expect("it is there");
    writeln!(inventory, "meter = {{ kind = \"ppk2\", port = \"{}\" }}", path("meter").display())
        .expect("it can be written");
    let scenario = "
version: 1
name: the meter is unplugged
firmware: { image: thing.bin }
steps:
  - expect-current: { peak: { below: 1A } }
    for: 500ms
  - run: { command: [touch, measured] }
  - expect-current: { peak: { below: 1A } }
    for: 1h
    within: 10s
";
    fs::write(path("case.yaml"), scenario).expect("it can be written");
    let environment = [("SHADOWRIG_INVENTORY", "boards.toml"), ("SHADOWRIG_LOCKS", "locks")];
    let args = ["run", "case.yaml", "--board", "desk", "--allow-run", "--out", "out"];
    let output = std::thread::scope(|scope| {
        let run = scope.spawn(|| shadowrig_with(folder.path(), &environment, &args));
        while !path("measured").exists() && !run.is_finished() {
            std::thread::yield_now();
        }
        drop(other);
        run.join().expect("the run does not panic")
    });
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(5), "{text}{}", String::from_utf8_lossy(&output.stderr));
    // It is tried once more, as what the rig fails is, and then it is not there at all.
    assert!(text.contains("(attempt 2; before: failed to measure the current)"), "{text}");
    assert!(text.contains("error in the rig: failed to start the current meter"), "{text}");
}
