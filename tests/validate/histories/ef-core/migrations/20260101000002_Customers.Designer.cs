[DbContext(typeof(Shop))]
[Migration("20260101000002_Customers")]
partial class Customers { }
