[DbContext(typeof(Shop))]
[Migration("20260101000001_Orders")]
partial class Orders { }
