//! How a bucket is made.

use cn_infra_core::manager::{ErrorClass, Manager, New};
use cn_infra_core::owner::Tags;
use cn_infra_core::token::Token;
use serde_json::json;

use super::super::{Bucket, Buckets};
use super::{NAME, accepting, bucket, create, everything, get, owner, tag_set, unconfigured};
use crate::testing::Script;

#[tokio::test]
async fn create_writes_everything_in_the_fixed_order() {
    let script = accepting(unconfigured());
    assert_eq!(create(&script, &everything()).await.unwrap(), NAME.into());
    insta::assert_snapshot!(script.writes(), @r#"
    PUT /coralnet-production
    <CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>us-west-2</LocationConstraint><Tags><Tag><Key>cn-infra:address</Key><Value>bucket.media</Value></Tag><Tag><Key>cn-infra:environment</Key><Value>production</Value></Tag><Tag><Key>cn-infra:project</Key><Value>coralnet</Value></Tag></Tags></CreateBucketConfiguration>

    PUT /coralnet-production?tagging
    x-amz-expected-bucket-owner: 123456789012
    <Tagging xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><TagSet><Tag><Key>cn-infra:address</Key><Value>bucket.media</Value></Tag><Tag><Key>cn-infra:environment</Key><Value>production</Value></Tag><Tag><Key>cn-infra:project</Key><Value>coralnet</Value></Tag></TagSet></Tagging>

    PUT /coralnet-production?ownershipControls
    x-amz-expected-bucket-owner: 123456789012
    <OwnershipControls xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></OwnershipControls>

    PUT /coralnet-production?publicAccessBlock
    x-amz-expected-bucket-owner: 123456789012
    <PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>

    PUT /coralnet-production?encryption
    x-amz-expected-bucket-owner: 123456789012
    <ServerSideEncryptionConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>alias/media</KMSMasterKeyID></ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>

    PUT /coralnet-production?versioning
    x-amz-expected-bucket-owner: 123456789012
    <VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>

    PUT /coralnet-production?policy
    x-amz-expected-bucket-owner: 123456789012
    {"Version": "2012-10-17", "Statement": []}

    PUT /coralnet-production?cors
    x-amz-expected-bucket-owner: 123456789012
    <CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><CORSRule><ID>all</ID><AllowedHeader>Authorization</AllowedHeader><AllowedMethod>GET</AllowedMethod><AllowedOrigin>*</AllowedOrigin><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>3000</MaxAgeSeconds></CORSRule></CORSConfiguration>

    PUT /coralnet-production?lifecycle
    x-amz-expected-bucket-owner: 123456789012
    <LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Rule><ID>unfinished-uploads</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation></AbortIncompleteMultipartUpload></Rule><Rule><Expiration><Days>30</Days></Expiration><ID>old</ID><Filter><And><Prefix>tmp/</Prefix><Tag><Key>keep</Key><Value>no</Value></Tag><ObjectSizeGreaterThan>1024</ObjectSizeGreaterThan><ObjectSizeLessThan>2048</ObjectSizeLessThan></And></Filter><Status>Disabled</Status><Transition><Days>5</Days><StorageClass>GLACIER</StorageClass></Transition><NoncurrentVersionExpiration><NoncurrentDays>10</NoncurrentDays></NoncurrentVersionExpiration></Rule><Rule><Expiration><Date>2027-01-31T00:00:00Z</Date></Expiration><ID>date</ID><Filter><Prefix>old/</Prefix></Filter><Status>Enabled</Status></Rule><Rule><Expiration><ExpiredObjectDeleteMarker>true</ExpiredObjectDeleteMarker></Expiration><ID>markers</ID><Filter><Tag><Key>a</Key><Value>b</Value></Tag></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>

    PUT /coralnet-production?logging
    x-amz-expected-bucket-owner: 123456789012
    <BucketLoggingStatus xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LoggingEnabled><TargetBucket>coralnet-logs</TargetBucket><TargetPrefix>media/</TargetPrefix></LoggingEnabled></BucketLoggingStatus>

    PUT /coralnet-production?website
    x-amz-expected-bucket-owner: 123456789012
    <WebsiteConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><ErrorDocument><Key>error.html</Key></ErrorDocument><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>

    PUT /coralnet-production?acl
    x-amz-acl: public-read
    x-amz-expected-bucket-owner: 123456789012
    "#);
}

#[tokio::test]
async fn create_of_a_bare_bucket_sends_tags_twice_only_if_the_first_were_ignored() {
    let script = Script::new().answer(&format!("PUT /{NAME}"), "").answer(&get("tagging"), &tag_set(&owner().tags()));
    create(&script, &Bucket::default()).await.unwrap();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn create_goes_on_with_its_own_bucket_and_leaves_others_alone() {
    let taken = |tags: &Tags| {
        Script::new()
            .fail(&format!("PUT /{NAME}"), 409, "BucketAlreadyOwnedByYou")
            .answer(&get("tagging"), &tag_set(tags))
            .answer(&format!("PUT /{NAME}?versioning"), "")
    };
    let versioned = bucket(json!({ "versioning": true }));
    let script = taken(&owner().tags());
    create(&script, &versioned).await.unwrap();
    assert!(script.writes().contains("?versioning"));
    let script = taken(&Tags::new());
    let failure = create(&script, &versioned).await.unwrap_err();
    assert_eq!(failure.class, ErrorClass::Exists);
    assert!(!script.writes().contains("?versioning"));
    insta::assert_snapshot!(failure, @"bucket coralnet-production exists already, without the tags of this resource");
}

#[tokio::test]
async fn create_is_sent_once_and_may_be_called_again_where_its_end_is_not_known() {
    let script = Script::new().fail(&format!("PUT /{NAME}"), 500, "InternalError");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Throttled);
    assert_eq!(script.requests().len(), 1);
    let script = Script::new().answer(&format!("PUT /{NAME}"), "").fail(&get("tagging"), 404, "NoSuchBucket");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Gone);
    let script = Script::new().fail(&format!("PUT /{NAME}"), 409, "BucketAlreadyExists");
    assert_eq!(create(&script, &Bucket::default()).await.unwrap_err().class, ErrorClass::Invalid);
}

#[tokio::test]
async fn the_first_region_takes_no_location_and_is_asked_before() {
    let exists = |status: u16| {
        Script::new()
            .respond(&format!("HEAD /{NAME}"), status, &[], "")
            .answer(&format!("PUT /{NAME}"), "")
            .answer(&get("tagging"), &tag_set(&owner().tags()))
    };
    let create = async |script: &Script| {
        let mut session = script.session();
        session.region = "us-east-1".to_owned();
        let token = Token::new("123456789012", "us-east-1", &owner(), 0);
        let address = owner().address;
        let (resource, tags) = (Bucket::default(), owner().tags());
        let new = New { address: &address, name: NAME, resource: &resource, tags: &tags, token: &token };
        Buckets::new(&session).create(new).await
    };
    let script = exists(404);
    create(&script).await.unwrap();
    assert!(!script.writes().contains("LocationConstraint"));
    let script = exists(200);
    create(&script).await.unwrap();
    assert_eq!(script.writes(), "", "it is ours: made by an attempt whose answer was lost");
}
