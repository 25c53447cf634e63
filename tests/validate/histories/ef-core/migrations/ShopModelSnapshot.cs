[DbContext(typeof(Shop))]
partial class ShopModelSnapshot : ModelSnapshot { }
