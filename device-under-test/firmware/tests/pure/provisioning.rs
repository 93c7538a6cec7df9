//! The text of a provisioning, as everybody who writes or reads it must have it.

use firmware::{Field, Provisioning, ProvisioningError, SECTOR_BYTES};
use proptest::prelude::*;

fn written(provisioning: &Provisioning<'_>) -> Vec<u8> {
    let mut sector = vec![0; SECTOR_BYTES];
    provisioning.write(&mut sector).unwrap();
    sector
}

fn full() -> Provisioning<'static> {
    Field::ALL
        .into_iter()
        .fold(Provisioning::default(), |provisioning, field| provisioning.with(field, field.name()))
}

#[test]
fn the_text_is_a_head_and_a_line_for_each_setting() {
    let settings = Provisioning::default()
        .with(Field::Endpoint, "http://10.0.2.2:8080")
        .with(Field::SecretAccessKey, "a=b/c+d==");
    let sector = written(&settings);
    let text =
        b"shadowrig-provisioning 1\nendpoint=http://10.0.2.2:8080\nsecret_access_key=a=b/c+d==\n";
    assert_eq!(&sector[..text.len()], text);
    assert!(sector[text.len()..].iter().all(|byte| *byte == 0xff));
    assert_eq!(Provisioning::read(&sector), settings);
}

#[test]
fn every_setting_is_read_back() {
    assert_eq!(Provisioning::read(&written(&full())), full());
    for field in Field::ALL {
        assert_eq!(Field::by_name(field.name()), Some(field));
    }
}

#[test]
fn other_bytes_are_no_provisioning() {
    for bytes in
        [&b""[..], &[0xff; 64], &[0; 64], b"endpoint=x\n", b"shadowrig-provisioning 2\na=b\n"]
    {
        assert_eq!(Provisioning::read(bytes), Provisioning::default());
    }
}

#[test]
fn a_setting_of_a_newer_firmware_is_passed_over() {
    let read = Provisioning::read(b"shadowrig-provisioning 1\nmood=good\nregion=eu-west-1\n");
    assert_eq!(read, Provisioning::default().with(Field::Region, "eu-west-1"));
}

#[test]
fn a_value_that_would_begin_a_line_is_refused() {
    let settings = Provisioning::default().with(Field::Region, "x\nendpoint=evil");
    let mut sector = [7; 64];
    let expected = Err(ProvisioningError::ControlCharacter { field: Field::Region });
    assert_eq!(settings.write(&mut sector), expected);
    assert_eq!(sector, [7; 64], "nothing is written");
}

#[test]
fn too_much_for_the_sector_is_refused_and_not_cut() {
    let token = "t".repeat(SECTOR_BYTES - "shadowrig-provisioning 1\nsession_token=\n".len());
    let mut sector = vec![0; SECTOR_BYTES];
    let fits = Provisioning::default().with(Field::SessionToken, &token);
    assert_eq!(fits.write(&mut sector), Ok(()));
    assert_eq!(Provisioning::read(&sector), fits);
    let too_long = fits.with(Field::Region, "");
    let expected = Err(ProvisioningError::TooLong { bytes_max: SECTOR_BYTES });
    assert_eq!(too_long.write(&mut sector), expected);
}

#[test]
fn debug_hides_the_secrets() {
    let secrets = Field::ALL.into_iter().filter(|field| field.is_secret());
    for field in secrets {
        let text = format!("{:?}", Provisioning::default().with(field, "hunter2"));
        assert!(text.contains("(hidden)") && !text.contains("hunter2"), "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(tail: Vec<u8>) {
        let _ = Provisioning::read(&tail);
        let _ = Provisioning::read(&[b"shadowrig-provisioning 1\n", &tail[..]].concat());
    }

    #[test]
    fn what_can_be_written_is_read_back(values in prop::array::uniform12(".{0,20}")) {
        let settings = Field::ALL.into_iter().zip(&values);
        let settings = settings.fold(Provisioning::default(), |all, (field, value)| all.with(field, value));
        let mut sector = vec![0; SECTOR_BYTES];
        if settings.write(&mut sector).is_ok() {
            prop_assert_eq!(Provisioning::read(&sector), settings);
        }
    }
}
